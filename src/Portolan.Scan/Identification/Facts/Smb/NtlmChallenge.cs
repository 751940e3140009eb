using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Portolan.Scan.Identification.Facts.Smb;

/// <summary>What a server says of itself in the challenge of NTLM, before anybody logs in ([MS-NLMP] section 2.2.1.2).</summary>
internal static class NtlmChallenge
{
    private const int TargetName = 12;
    private const int TargetInfo = 40;
    private const int Version = 48;
    private const int Header = 56;

    // MsvAvTimestamp, among the names.
    private const int Timestamp = 7;

    // AV_PAIR ids, by the names that nmap's *-ntlm-info scripts have.
    private static readonly Dictionary<int, string> Names = new()
    {
        [2] = "NetBIOS_Domain_Name",
        [1] = "NetBIOS_Computer_Name",
        [4] = "DNS_Domain_Name",
        [3] = "DNS_Computer_Name",
        [5] = "DNS_Tree_Name",
    };

    /// <summary>Reads it wherever it stands in an answer; empty where it does not.</summary>
    public static List<FactField> Read(ReadOnlySpan<byte> answer)
    {
        var fields = new List<FactField>();
        var at = answer.IndexOf("NTLMSSP\0\u0002\0\0\0"u8);
        if (at < 0 || answer.Length < at + Header)
        {
            return fields;
        }

        var challenge = answer[at..];
        if (Text(Slice(challenge, TargetName)) is { } target)
        {
            fields.Add(FactField.Of("Target_Name", target));
        }

        DateTime? time = null;
        for (var pairs = Slice(challenge, TargetInfo); pairs.Length >= 4;)
        {
            var (id, length) = (BinaryPrimitives.ReadUInt16LittleEndian(pairs), BinaryPrimitives.ReadUInt16LittleEndian(pairs[2..]));
            if (id == 0 || pairs.Length < 4 + length)
            {
                break;
            }

            var value = pairs.Slice(4, length);
            if (Names.TryGetValue(id, out var name) && Text(value) is { } text)
            {
                fields.Add(FactField.Of(name, text));
            }
            else if (id == Timestamp && length == 8
                && BinaryPrimitives.ReadInt64LittleEndian(value) is > 0 and < 2_650_467_743_999_999_999 and var ticks)
            {
                time = DateTime.FromFileTimeUtc(ticks);
            }

            pairs = pairs[(4 + length)..];
        }

        var build = BinaryPrimitives.ReadUInt16LittleEndian(challenge[(Version + 2)..]);
        fields.Add(FactField.Of("Product_Version", FormattableString.Invariant($"{challenge[Version]}.{challenge[Version + 1]}.{build}")));
        if (time is { } known)
        {
            fields.Add(FactField.Of("System_Time", known.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));
        }

        return fields;
    }

    // Length, room, offset.
    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> challenge, int at)
    {
        var (length, offset) = (BinaryPrimitives.ReadUInt16LittleEndian(challenge[at..]),
            BinaryPrimitives.ReadUInt32LittleEndian(challenge[(at + 4)..]));
        return offset + length <= challenge.Length ? challenge.Slice((int)offset, length) : default;
    }

    private static string? Text(ReadOnlySpan<byte> bytes) => ReplyText.Of(Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(bytes)));
}
