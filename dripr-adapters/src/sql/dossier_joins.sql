JOIN contacts AS k ON k.id = c.contact_id
JOIN users AS u ON u.id = c.user_id
LEFT JOIN emails AS e ON e.id = c.email_id
LEFT JOIN suppressions AS s ON s.user_id = c.user_id AND s.address_key = c.address_key
LEFT JOIN blocked_addresses AS b ON b.address_key = c.address_key
