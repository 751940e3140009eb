namespace Portolan.Scan.Checking;

/// <summary>Reads the alert that ended a handshake (RFC 8446 section 6, RFC 5246 section 7.2).</summary>
internal static class TlsAlerts
{
    private const byte AlertRecord = 21;
    private const byte HandshakeRecord = 22;

    /// <summary>Whether the bytes begin as a TLS record does. <c>true</c> for none at all.</summary>
    public static bool LooksLikeTls(ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty || (bytes[0] is AlertRecord or HandshakeRecord && (bytes.Length < 2 || bytes[1] == 3));

    /// <summary>The alert's name where the peer's first record is a plain alert.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out string name)
    {
        name = "";
        if (bytes is not [AlertRecord, 3, _, 0, 2, _, var description, ..])
        {
            return false;
        }

        name = Name(description);
        return true;
    }

    /// <summary>What an alert most often means, or <c>null</c>.</summary>
    public static string? Meaning(string name) => name switch
    {
        "handshake_failure" =>
            "client and server have no cipher suite or signature algorithm in common, or the server requires a feature this client lacks",
        "protocol_version" => "the server supports no TLS version that this host allows",
        "unrecognized_name" => "the server has no certificate for that name; --sni sends another",
        "no_application_protocol" => "the server supports none of the offered protocols (ALPN)",
        "certificate_required" or "bad_certificate" => "the server requires a client certificate",
        "internal_error" => "the server failed; see its log",
        _ => null,
    };

    private static string Name(byte description) => description switch
    {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => $"number {description}",
    };
}
