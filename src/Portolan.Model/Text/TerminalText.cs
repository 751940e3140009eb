using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portolan;

/// <summary>Makes text from outside safe to show: what could move the cursor, change colours or reorder the line becomes visible.</summary>
/// <remarks>
/// Escaped are C0 and C1 controls, DEL, the bidirectional controls of UAX #9, the line and paragraph separators, the other
/// invisible format characters that fake an equal name (U+200B, U+2060, U+FEFF), lone surrogates and invalid UTF-8. Bytes
/// show as <c>\x1b</c>, other characters as <c>\u{202e}</c>. A backslash stays as it is: the result is for eyes, not for parsing.
/// </remarks>
public static class TerminalText
{
    /// <summary>Printable ASCII: everything that needs no second look.</summary>
    private static readonly SearchValues<char> Clean = SearchValues.Create(CleanChars());

    private static readonly SearchValues<byte> CleanUtf8 = SearchValues.Create(Encoding.ASCII.GetBytes(CleanChars()));

    /// <summary>Whether the text is printable ASCII, and so safe as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> utf8) => !utf8.ContainsAnyExcept(CleanUtf8);

    /// <summary>Whether the text is printable ASCII, and so safe as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Clean);

    /// <summary>Whether a character must be made visible.</summary>
    public static bool IsHostile(Rune rune) => rune.Value switch
    {
        < 0x20 or (>= 0x7f and <= 0x9f) => true,
        0x061c or 0x200b or 0x200e or 0x200f or 0x2028 or 0x2029 or 0x2060 or 0xfeff => true,
        (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) => true,
        >= 0xe0000 and <= 0xe007f => true,
        _ => false,
    };

    /// <summary>The text with everything hostile made visible. Returns the same string when there was nothing to do.</summary>
    public static string Escape(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var builder = new StringBuilder(text.Length + 16);
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done)
            {
                AppendEscape(builder, rest[0]);
            }
            else if (IsHostile(rune))
            {
                AppendEscape(builder, rune.Value);
            }
            else
            {
                builder.Append(rest[..consumed]);
            }

            rest = rest[consumed..];
        }

        return builder.ToString();
    }

    /// <summary>Writes the UTF-8 text with everything hostile made visible.</summary>
    public static void Escape(ReadOnlySpan<byte> utf8, IBufferWriter<byte> destination)
    {
        var rest = utf8;
        while (!rest.IsEmpty)
        {
            var plain = rest.IndexOfAnyExcept(CleanUtf8);
            if (plain != 0)
            {
                destination.Write(plain < 0 ? rest : rest[..plain]);
                rest = plain < 0 ? default : rest[plain..];
                continue;
            }

            var status = Rune.DecodeFromUtf8(rest, out var rune, out var consumed);
            if (status != OperationStatus.Done)
            {
                for (var i = 0; i < consumed; i++)
                {
                    WriteEscape(destination, rest[i], isByte: true);
                }
            }
            else if (IsHostile(rune))
            {
                WriteEscape(destination, rune.Value, isByte: false);
            }
            else
            {
                destination.Write(rest[..consumed]);
            }

            rest = rest[consumed..];
        }
    }

    private static void AppendEscape(StringBuilder builder, int value)
    {
        if (value <= 0xff)
        {
            builder.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }
        else
        {
            builder.Append(CultureInfo.InvariantCulture, $"\\u{{{value:x}}}");
        }
    }

    private static void WriteEscape(IBufferWriter<byte> destination, int value, bool isByte)
    {
        Span<byte> buffer = stackalloc byte[12];
        var written = 0;
        if (isByte || value <= 0xff)
        {
            System.Text.Unicode.Utf8.TryWrite(buffer, CultureInfo.InvariantCulture, $"\\x{value:x2}", out written);
        }
        else
        {
            System.Text.Unicode.Utf8.TryWrite(buffer, CultureInfo.InvariantCulture, $"\\u{{{value:x}}}", out written);
        }

        destination.Write(buffer[..written]);
    }

    private static string CleanChars() => string.Create(0x7f - 0x20, 0, static (span, _) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = (char)(0x20 + i);
        }
    });
}
