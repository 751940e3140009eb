namespace Portolan.Scan.Formats;

/// <summary>What a service says first, as text for people and machines alike: nmap's and masscan's way.</summary>
public static class BannerText
{
    private const string Digits = "0123456789ABCDEF";

    /// <summary>
    /// White space at both ends is left out. Printable ASCII stays, a backslash too; each other byte is <c>\xHH</c>. So nothing in it can
    /// harm a terminal, a page or a log.
    /// </summary>
    /// <param name="bytes">The bytes as they came.</param>
    /// <returns>The text; <c>null</c> where nothing is left.</returns>
    public static string? Of(ReadOnlySpan<byte> bytes)
    {
        var text = bytes.Trim(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            return null;
        }

        var length = 0;
        foreach (var one in text)
        {
            length += IsPrintable(one) ? 1 : 4;
        }

        return string.Create(length, text, static (to, from) =>
        {
            var at = 0;
            foreach (var one in from)
            {
                if (IsPrintable(one))
                {
                    to[at++] = (char)one;
                    continue;
                }

                to[at] = '\\';
                to[at + 1] = 'x';
                to[at + 2] = Digits[one >> 4];
                to[at + 3] = Digits[one & 0xf];
                at += 4;
            }
        });
    }

    private static bool IsPrintable(byte one) => one is >= 0x20 and < 0x7f;
}
