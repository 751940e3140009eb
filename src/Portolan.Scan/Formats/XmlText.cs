using System.Buffers;
using System.Text;

namespace Portolan.Scan.Formats;

/// <summary>Text from outside in XML 1.0.</summary>
/// <remarks>
/// A reader gets the exact text back, except for what XML 1.0 cannot carry (section 2.2: most control characters, lone surrogates,
/// U+FFFE, U+FFFF): that becomes U+FFFD. Controls and bidirectional characters that XML allows are written as references, so that the
/// file itself is harmless on a terminal.
/// </remarks>
public static class XmlText
{
    private static readonly SearchValues<char> Clean = SearchValues.Create(CleanChars());

    /// <summary>Writes text for use between double quotes or tags.</summary>
    public static void Write(Utf8Writer output, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAnyExcept(Clean);
            output.Write(plain < 0 ? text : text[..plain]);
            if (plain < 0)
            {
                return;
            }

            text = text[plain..];
            if (Rune.DecodeFromUtf16(text, out var rune, out var consumed) != OperationStatus.Done)
            {
                rune = Rune.ReplacementChar;
            }

            WriteRune(output, rune, text[..consumed]);
            text = text[consumed..];
        }
    }

    /// <summary>Writes text for a comment, in which <c>--</c> must not occur (section 2.5); nmap writes it so, too.</summary>
    public static void WriteComment(Utf8Writer output, string text)
    {
        var rest = text.AsSpan();
        for (var at = rest.IndexOf("--"); at >= 0; at = rest.IndexOf("--"))
        {
            Write(output, rest[..at]);
            output.Write("-&#45;"u8);
            rest = rest[(at + 2)..];
        }

        Write(output, rest);
    }

    private static void WriteRune(Utf8Writer output, Rune rune, ReadOnlySpan<char> asItIs)
    {
        switch (rune.Value)
        {
            case '&':
                output.Write("&amp;"u8);
                break;
            case '<':
                output.Write("&lt;"u8);
                break;
            case '>':
                output.Write("&gt;"u8);
                break;
            case '"':
                output.Write("&quot;"u8);
                break;
            case '\t' or '\n' or '\r':
                WriteReference(output, rune);
                break;
            case < 0x20 or 0xFFFE or 0xFFFF or 0xFFFD:
                output.Write("\uFFFD"u8);
                break;
            default:
                if (TerminalText.IsHostile(rune))
                {
                    WriteReference(output, rune);
                }
                else
                {
                    output.Write(asItIs);
                }

                break;
        }
    }

    private static void WriteReference(Utf8Writer output, Rune rune)
    {
        output.Write("&#"u8);
        output.WriteNumber((ulong)rune.Value);
        output.Write(';');
    }

    private static string CleanChars() => string.Create(0x7f - 0x20 - 4, 0, static (span, _) =>
    {
        var length = 0;
        for (var i = 0x20; i < 0x7f; i++)
        {
            if ((char)i is not ('&' or '<' or '>' or '"'))
            {
                span[length++] = (char)i;
            }
        }
    });
}
