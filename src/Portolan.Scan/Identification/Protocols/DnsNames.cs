using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>Names in DNS messages (RFC 1035 sections 3.1 and 4.1.4).</summary>
internal static class DnsNames
{
    private const int MaxLength = 255;

    /// <summary>Writes a name that is known to be one.</summary>
    public static byte[] Write(string name)
    {
        var bytes = new List<byte>();
        foreach (var label in name.Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        bytes.Add(0);
        return [.. bytes];
    }

    /// <summary>
    /// The name that an address has in <c>in-addr.arpa</c> or <c>ip6.arpa</c> (RFC 1035 section 3.5, RFC 3596 section 2.5).
    /// </summary>
    public static string Reverse(InternetAddress address)
    {
        var bytes = address.ToIPAddress().GetAddressBytes();
        Array.Reverse(bytes);
        return address.IsIPv4
            ? $"{string.Join('.', bytes)}.in-addr.arpa"
            : $"{string.Join('.', bytes.Select(static one => FormattableString.Invariant($"{one & 15:x}.{one >> 4:x}")))}.ip6.arpa";
    }

    /// <summary>Reads a name, or skips it.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="at">Where the name begins; then where it ends.</param>
    /// <param name="name">Its labels, with dots between.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, out string name)
    {
        name = "";
        var text = new StringBuilder();
        var (place, end) = (at, -1);
        while ((uint)place < (uint)message.Length)
        {
            var length = message[place];
            if (length == 0)
            {
                at = end < 0 ? place + 1 : end;
                name = text.ToString();
                return true;
            }

            if (length >= 0xC0)
            {
                // Pointers point to what stands before: no message can turn in circles.
                if (place + 1 >= message.Length || (((length & 0x3F) << 8) | message[place + 1]) >= place)
                {
                    return false;
                }

                end = end < 0 ? place + 2 : end;
                place = ((length & 0x3F) << 8) | message[place + 1];
                continue;
            }

            if (length > 63 || place + 1 + length > message.Length || text.Length + length > MaxLength)
            {
                return false;
            }

            text.Append(text.Length > 0 ? "." : "").Append(ReplyText.Of(message.Slice(place + 1, length)));
            place += 1 + length;
        }

        return false;
    }
}
