//! Who opened an email or followed a link: a person, or a program that looks at all mail.

/// Who it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visitor {
    /// A person, as far as can be told.
    Person,
    /// A mail program that loads all pictures when mail comes in, whether anybody looks or not.
    Prefetch,
    /// A filter that follows links to see where they lead, or another robot.
    Robot,
}

/// So soon after it was sent nobody has read an email: a filter looks at it.
const TOO_SOON_SECONDS: i64 = 5;

/// Parts of the names by which programs call themselves that look at mail for nobody, in small letters.
///
/// Mail filters: Barracuda, Mimecast, Proofpoint, Symantec, Trend Micro, Fortinet, Cisco, Microsoft's `SafeLinks`, and so on;
/// libraries and tools that no person reads mail with; and what calls itself a robot.
const ROBOTS: [&str; 28] = [
    "bot",
    "crawl",
    "spider",
    "scan",
    "preview",
    "monitor",
    "barracuda",
    "mimecast",
    "proofpoint",
    "symantec",
    "trendmicro",
    "fortinet",
    "fortimail",
    "ironport",
    "safelinks",
    "urldefense",
    "sophos",
    "mailscanner",
    "curl/",
    "wget/",
    "python",
    "java/",
    "okhttp",
    "go-http-client",
    "libwww",
    "headless",
    "phantomjs",
    "axios",
];

impl Visitor {
    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Prefetch => "prefetch",
            Self::Robot => "robot",
        }
    }

    /// Who it was, by the name that the program gives itself and by how many seconds had passed since the email was sent.
    ///
    /// Apple's Mail Privacy Protection loads the pictures of all mail through a proxy that calls itself `Mozilla/5.0` and
    /// nothing more. The proxies of Gmail and Yahoo load them when somebody looks, and count as a person.
    ///
    /// ```
    /// use dripr_core::feedback::Visitor;
    /// assert_eq!(Visitor::of("Mozilla/5.0", 3_600), Visitor::Prefetch);
    /// let gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
    /// assert_eq!(Visitor::of(gmail, 3_600), Visitor::Person);
    /// assert_eq!(Visitor::of(gmail, 2), Visitor::Robot);
    /// assert_eq!(Visitor::of("python-requests/2.32", 3_600), Visitor::Robot);
    /// assert_eq!(Visitor::of("", 3_600), Visitor::Robot);
    /// ```
    #[must_use]
    pub fn of(user_agent: &str, seconds_after_sending: i64) -> Self {
        let name = user_agent.trim().to_lowercase();
        if name == "mozilla/5.0" {
            return Self::Prefetch;
        }
        let robot = ROBOTS.iter().any(|robot| name.contains(robot));
        if name.is_empty() || robot || seconds_after_sending < TOO_SOON_SECONDS {
            return Self::Robot;
        }
        Self::Person
    }
}
