"""The send-date schedule of every zone, computed a second time to check the first.

Writes schedule-all-zones.json, which the test schedule_all_zones.rs compares with its own results. It
shares no code and no clock data with the crate: it takes the zones from Python's zoneinfo and knows neither
gaps nor folds. A zone is a list of stretches of constant offset, and a wall-clock time stands for the first
instant of any stretch whose local time has reached it.

To write the data anew, with the version of the zone database that chrono-tz has (2025b is tzdata 2025.2):

    python3 -m venv venv && venv/bin/pip install tzdata==2025.2
    venv/bin/python schedule_all_zones.py

To print the slots of one zone and window, of all send days or of one, in the words of the test's report:

    venv/bin/python schedule_all_zones.py America/New_York 11:00-18:00 15
"""

import bisect
import hashlib
import json
import pathlib
import sys
import zoneinfo
from datetime import date, datetime, timezone

import tzdata

# The zones of the package, never those of the machine.
zoneinfo.reset_tzpath(to=[])

# "off" switches the window off; the slot is still at the hour before it.
WINDOWS = ["11:00-18:00", "00:00-24:00", "02:00-03:00", "00:00-01:00", "23:00-24:00", "11:00-off"]
# So late in December that the first send days of January are too close to the first email.
CREATED = datetime(1999, 12, 20, 3, 30, tzinfo=timezone.utc)
UNTIL = datetime(2041, 1, 1, tzinfo=timezone.utc)
FIRST_TIME_DELAY = 24 * 3600
MINIMUM_GAP_DAYS = 14

DAY = 24 * 3600
EPOCH = date(1970, 1, 1).toordinal()


def send_date(year, month, day):
    """Dates are counted in days since 1970, local times in seconds since 1970 as the clock shows them."""
    return date(year, month, day).toordinal() - EPOCH


def year_and_month(days):
    civil = date.fromordinal(days + EPOCH)
    return civil.year, civil.month


class Clock:
    """What the clocks of one zone show: stretches of constant offset, each from an instant on."""

    def __init__(self, zone):
        self.zone = zoneinfo.ZoneInfo(zone)
        start = int(CREATED.timestamp()) - 10 * DAY
        end = int(UNTIL.timestamp()) + 100 * DAY
        self.starts, self.offsets = [start], [self.offset_at(start)]
        # No country changes its clocks and changes them back within six hours.
        step = 6 * 3600
        for t in range(start, end, step):
            if self.offset_at(t + step) != self.offsets[-1]:
                self.add_change_between(t, t + step)

    def offset_at(self, t):
        return int(datetime.fromtimestamp(t, self.zone).utcoffset().total_seconds())

    def add_change_between(self, before, after):
        while after - before > 1:
            middle = (before + after) // 2
            if self.offset_at(middle) == self.offsets[-1]:
                before = middle
            else:
                after = middle
        self.starts.append(after)
        self.offsets.append(self.offset_at(after))

    def shown(self, t):
        return t + self.offsets[bisect.bisect_right(self.starts, t) - 1]

    def date_at(self, t):
        return self.shown(t) // DAY

    def first_to_reach(self, wanted):
        """The first instant whose local time is `wanted` or later."""
        # Two days earlier no clock on earth has reached it.
        stretch = bisect.bisect_right(self.starts, wanted - 2 * DAY) - 1
        while True:
            start = self.starts[stretch]
            reached = max(start, wanted - self.offsets[stretch])
            if stretch + 1 == len(self.starts) or reached < self.starts[stretch + 1]:
                return reached
            stretch += 1

    def same_as(self):
        return tuple(self.starts), tuple(self.offsets)


class Schedule:
    """The send-date rules of one zone and window."""

    def __init__(self, clock, window):
        opens, closes = window.split("-")
        self.clock = clock
        self.off = closes == "off"
        self.opens = time_of_day(opens)
        self.closes = DAY if self.off else time_of_day(closes)
        # Finding an opening is most of the work, and campaigns ask for the same ones.
        self.openings = {}

    def opening(self, days):
        if days not in self.openings:
            self.openings[days] = self.clock.first_to_reach(days * DAY + self.opens)
        return self.openings[days]

    def closing(self, days):
        return self.clock.first_to_reach(days * DAY + self.closes)

    def clamp(self, t):
        """The first instant from `t` on that is inside a window."""
        if self.off:
            return t
        days = self.clock.date_at(t) - 2
        while True:
            opening, closing = self.opening(days), self.closing(days)
            # A day whose opening and closing are one has no window.
            if opening < closing and t < closing:
                return max(t, opening)
            days += 1

    def first_slot(self, created, day):
        earliest = self.clamp(created + FIRST_TIME_DELAY)
        send_day = send_date(*year_and_month(self.clock.date_at(earliest)), day)
        if earliest < self.closing(send_day):
            return max(earliest, self.opening(send_day))
        return earliest

    def next_slot(self, slot, sent, day):
        slot_date, sent_date = self.clock.date_at(slot), self.clock.date_at(sent)
        year, month = year_and_month(slot_date)
        while True:
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
            opening = self.opening(send_date(year, month, day))
            # The date that counts is the one shown then, be it the send day's own or, where that day is
            # left empty, a later one.
            own_date = self.clock.date_at(opening)
            if own_date - max(slot_date, sent_date) >= MINIMUM_GAP_DAYS:
                return opening

    def series(self, day):
        """All slots of a campaign, each sent as soon as it may be."""
        slot = self.first_slot(int(CREATED.timestamp()), day)
        slots = []
        while slot < UNTIL.timestamp():
            slots.append(slot)
            slot = self.next_slot(slot, self.clamp(slot), day)
        return slots

    def fingerprint(self):
        """What 28 campaigns have in common: one hash over their slots, send day after send day."""
        digest = hashlib.sha256()
        for day in range(1, 29):
            for slot in self.series(day):
                digest.update(slot.to_bytes(8, "little", signed=True))
        return digest.hexdigest()[:16]


def time_of_day(text):
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def print_series(zone, window, days):
    clock = Clock(zone)
    schedule = Schedule(clock, window)
    for day in days:
        for slot in schedule.series(day):
            utc = datetime.fromtimestamp(slot, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            local = datetime.fromtimestamp(clock.shown(slot), timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
            print(f"{day} {utc} {local}")


def write_data():
    # Many names mean one clock, at least since 1999.
    of_clock, zones = {}, {}
    for zone in sorted(zoneinfo.available_timezones() - {"Factory"}):
        clock = Clock(zone)
        same = clock.same_as()
        if same not in of_clock:
            of_clock[same] = [Schedule(clock, window).fingerprint() for window in WINDOWS]
        zones[zone] = of_clock[same]
    head = {
        "tz_database": tzdata.IANA_VERSION,
        "created": CREATED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "until": UNTIL.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "windows": WINDOWS,
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    # One zone a line, so that a new version of the database shows in a diff as the zones it changed.
    rows = [f"    {json.dumps(zone)}: {json.dumps(hashes)}" for zone, hashes in zones.items()]
    text = "{\n" + "\n".join(lines) + '\n  "zones": {\n' + ",\n".join(rows) + "\n  }\n}\n"
    pathlib.Path(__file__).with_name("schedule-all-zones.json").write_text(text)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            write_data()
        case [zone, window]:
            print_series(zone, window, range(1, 29))
        case [zone, window, day]:
            print_series(zone, window, [int(day)])
        case _:
            sys.exit(__doc__)
