namespace Portolan.Scan.Identification.Facts.Tls;

/// <summary>
/// The cipher suites that are offered, by IANA's names (registry "TLS Cipher Suites"). Also weak ones: it is asked what a server takes.
/// </summary>
internal static class CipherSuites
{
    private static readonly (int Number, string Name)[] Newest =
    [
        (0x1301, "TLS_AES_128_GCM_SHA256"), (0x1302, "TLS_AES_256_GCM_SHA384"), (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
            (0x1304, "TLS_AES_128_CCM_SHA256"),
        (0x1305, "TLS_AES_128_CCM_8_SHA256"),
    ];

    // TLS 1.2 and nothing before it.
    private static readonly (int Number, string Name)[] New =
    [
        (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"), (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"), (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"), (0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"), (0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
        (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"), (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        (0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256"), (0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    ];

    private static readonly (int Number, string Name)[] Old =
    [
        (0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"), (0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
        (0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), (0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"), (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
        (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"), (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"), (0x0005, "TLS_RSA_WITH_RC4_128_SHA"), (0x0004, "TLS_RSA_WITH_RC4_128_MD5"),
        (0xC018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"), (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"),
    ];

    private static readonly Dictionary<int, string> Names =
        Newest.Concat(New).Concat(Old).ToDictionary(static suite => suite.Number, static suite => suite.Name);

    /// <summary>Those that are offered with a version.</summary>
    public static IReadOnlyList<int> For(ushort version) =>
        [.. (version switch { ClientHello.Tls13 => Newest, 0x0303 => [.. New, .. Old], _ => Old }).Select(static suite => suite.Number)];

    public static string NameOf(ushort number) => Names.GetValueOrDefault(number) ?? FormattableString.Invariant($"0x{number:x4}");
}
