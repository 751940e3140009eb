using System.Text;

namespace Portolan.Scan.Identification.Facts.Tls;

/// <summary>
/// A ClientHello for one version of TLS and no other. What is random in a client's is fixed here: no handshake is ever finished with it.
/// </summary>
internal static class ClientHello
{
    /// <summary>TLS 1.3.</summary>
    public const ushort Tls13 = 0x0304;

    /// <summary>The extension in which TLS 1.3 is offered and taken.</summary>
    public const ushort SupportedVersions = 43;

    /// <summary>Writes it, in a record.</summary>
    /// <param name="version">The version that is offered.</param>
    /// <param name="name">The server's name (RFC 6066 section 3); <c>null</c> where there is only an address.</param>
    public static byte[] Write(ushort version, string? name)
    {
        var suites = CipherSuites.For(version);
        List<byte> hello =
        [
            3, version == Tls13 ? (byte)3 : (byte)version, .. "portolan asks which version this"u8, 0,
            .. Number16(2 * suites.Count), .. suites.SelectMany(Number16), 1, 0,
        ];

        // SSL 3.0 has no extensions.
        if (version > 0x0300)
        {
            List<byte> extensions =
            [
                .. ServerName(name),
                .. Extension(10, Vector16(Groups(version).SelectMany(Number16))),
                .. Extension(11, [1, 0]),
                .. Extension(23, []),
                .. Extension(0xFF01, [0]),
            ];
            if (version >= 0x0303)
            {
                extensions.AddRange(Extension(13,
                    Vector16(((int[])[0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203,
                    0x0201]).SelectMany(Number16))));
            }

            if (version == Tls13)
            {
                // An empty list of key shares asks for a HelloRetryRequest, which names the version too (RFC 8446 section 4.2.8).
                extensions.AddRange(Extension(SupportedVersions, [2, .. Number16(Tls13)]));
                extensions.AddRange(Extension(51, Vector16([])));
            }

            hello.AddRange(Vector16(extensions));
        }

        return [0x16, 3, version > 0x0300 ? (byte)1 : (byte)0, .. Number16(hello.Count + 4), 1, 0, .. Number16(hello.Count), .. hello];
    }

    // x25519, secp256r1, secp384r1, secp521r1, and in TLS 1.3 the groups of RFC 7919 too.
    private static int[] Groups(ushort version) =>
        version == Tls13 ? [0x001D, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101] : [0x001D, 0x0017, 0x0018, 0x0019];

    private static List<byte> ServerName(string? name)
    {
        if (name is null || !name.All(char.IsAscii) || name.Length > 255)
        {
            return [];
        }

        var bytes = Encoding.ASCII.GetBytes(name.TrimEnd('.'));
        return Extension(0, Vector16([0, .. Number16(bytes.Length), .. bytes]));
    }

    private static List<byte> Extension(ushort type, List<byte> content) =>
        [.. Number16(type), .. Number16(content.Count), .. content];

    private static List<byte> Vector16(IEnumerable<byte> content)
    {
        var bytes = content.ToList();
        return [.. Number16(bytes.Count), .. bytes];
    }

    private static byte[] Number16(int value) => [(byte)(value >> 8), (byte)value];
}
