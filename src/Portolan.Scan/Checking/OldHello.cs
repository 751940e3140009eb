using System.Buffers.Binary;
using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// The ClientHello of a client before TLS 1.3 (RFC 5246 section 7.4.1.2), and what its answer begins with. It asks what the library of this
/// host no longer asks: whether a server speaks an old version only.
/// </summary>
internal static class OldHello
{
    /// <summary>TLS 1.1, as the wire has it.</summary>
    public const ushort Tls11 = 0x0302;

    /// <summary>TLS 1.2, as the wire has it.</summary>
    public const ushort Tls12 = 0x0303;

    // Suites that servers of 1999 to 2018 have in common: ECDHE and RSA, with AES (GCM for TLS 1.2), and 3DES and RC4 for the oldest.
    private static ReadOnlySpan<byte> Suites =>
    [
        0xC0, 0x2B, 0xC0, 0x2F, 0xC0, 0x2C, 0xC0, 0x30, 0x00, 0x9C, 0x00, 0x9D, 0xC0, 0x09, 0xC0, 0x13, 0xC0, 0x0A, 0xC0, 0x14,
        0x00, 0x33, 0x00, 0x39, 0x00, 0x2F, 0x00, 0x35, 0x00, 0x0A, 0x00, 0x05, 0x00, 0x04, 0x00, 0xFF,
    ];

    // supported_groups (RFC 8422): x25519, P-256, P-384, P-521; ec_point_formats: uncompressed; signature_algorithms (RFC 5246 section
    // 7.4.1.4.1).
    private static ReadOnlySpan<byte> Extensions =>
    [
        0, 10, 0, 10, 0, 8, 0, 29, 0, 23, 0, 24, 0, 25,
        0, 11, 0, 2, 1, 0,
        0, 13, 0, 14, 0, 12, 4, 3, 4, 1, 5, 3, 5, 1, 2, 3, 2, 1,
    ];

    /// <summary>Makes the record.</summary>
    /// <param name="newest">The newest version that is offered.</param>
    /// <param name="serverName">Sent as SNI unless it is an address.</param>
    /// <param name="nextRandom">Random numbers.</param>
    public static byte[] Make(ushort newest, string serverName, Func<ushort> nextRandom)
    {
        var body = new List<byte> { (byte)(newest >> 8), (byte)newest };
        for (var i = 0; i < 16; i++)
        {
            AddNumber(body, nextRandom());
        }

        body.Add(0);
        AddNumber(body, (ushort)Suites.Length);
        body.AddRange(Suites);
        body.AddRange([1, 0]);
        var name = InternetAddress.TryParse(serverName, out _) ? [] : Encoding.ASCII.GetBytes(serverName);
        AddNumber(body, (ushort)(Extensions.Length + (name.Length > 0 ? name.Length + 9 : 0)));
        if (name.Length > 0)
        {
            // server_name (RFC 6066 section 3): a list with one name of type 0.
            AddNumber(body, 0);
            AddNumber(body, (ushort)(name.Length + 5));
            AddNumber(body, (ushort)(name.Length + 3));
            body.Add(0);
            AddNumber(body, (ushort)name.Length);
            body.AddRange(name);
        }

        body.AddRange(Extensions);
        var record = new byte[body.Count + 9];
        // The record's own version is 1.0, which every server takes (RFC 5246 appendix E.1).
        (record[0], record[1], record[2], record[5]) = (22, 3, 1, 1);
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(3), (ushort)(body.Count + 4));
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(7), (ushort)body.Count);
        body.CopyTo(record, 9);
        return record;
    }

    /// <summary>The version that a ServerHello chose, where the bytes begin with one (RFC 5246 section 7.4.1.3).</summary>
    /// <param name="bytes">What the server said.</param>
    /// <param name="version">As the wire has it; TLS 1.3 shows as 1.2 here.</param>
    public static bool TryReadVersion(ReadOnlySpan<byte> bytes, out ushort version)
    {
        var isServerHello = bytes is [22, 3, _, _, _, 2, _, _, _, 3, _, ..];
        version = isServerHello ? (ushort)((3 << 8) | bytes[10]) : default;
        return isServerHello;
    }

    /// <summary>The name of a version: <c>TLS 1.1</c>.</summary>
    public static string NameOf(ushort version) => version switch
    {
        0x0300 => "SSL 3.0",
        0x0301 => "TLS 1.0",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        _ => $"TLS {version:x4}",
    };

    private static void AddNumber(List<byte> bytes, ushort number) => bytes.AddRange([(byte)(number >> 8), (byte)number]);
}
