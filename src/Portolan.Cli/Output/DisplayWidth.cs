using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portolan.Cli.Output;

/// <summary>How many terminal columns a text takes.</summary>
/// <remarks>
/// Wide are East Asian Wide and Fullwidth ranges and emoji (Unicode UAX #11, by block); marks that combine and format
/// characters take none. A terminal may differ for rare characters; a column is then a little off and nothing breaks.
/// </remarks>
public static class DisplayWidth
{
    /// <summary>Columns of UTF-8 text without control characters.</summary>
    public static int Of(ReadOnlySpan<byte> utf8)
    {
        if (Ascii.IsValid(utf8))
        {
            return utf8.Length;
        }

        var width = 0;
        while (!utf8.IsEmpty)
        {
            Rune.DecodeFromUtf8(utf8, out var rune, out var consumed);
            width += Of(rune);
            utf8 = utf8[consumed..];
        }

        return width;
    }

    /// <summary>Columns of one character: 0, 1 or 2.</summary>
    public static int Of(Rune rune)
    {
        var value = rune.Value;
        if (value < 0x300)
        {
            return 1;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
            _ => IsWide(value) ? 2 : 1,
        };
    }

    /// <summary>How many leading bytes fit into that many columns, whole characters only.</summary>
    public static int BytesThatFit(ReadOnlySpan<byte> utf8, int columns)
    {
        var at = 0;
        while (at < utf8.Length)
        {
            if (Rune.DecodeFromUtf8(utf8[at..], out var rune, out var consumed) == OperationStatus.Done)
            {
                columns -= Of(rune);
            }
            else
            {
                columns--;
            }

            if (columns < 0)
            {
                break;
            }

            at += consumed;
        }

        return at;
    }

    private static bool IsWide(int value) => value switch
    {
        >= 0x1100 and <= 0x115f => true,
        >= 0x2e80 and <= 0x303e => true,
        >= 0x3041 and <= 0xa4cf => true,
        >= 0xa960 and <= 0xa97c => true,
        >= 0xac00 and <= 0xd7a3 => true,
        >= 0xf900 and <= 0xfaff => true,
        >= 0xfe30 and <= 0xfe6f => true,
        >= 0xff00 and <= 0xff60 => true,
        >= 0xffe0 and <= 0xffe6 => true,
        >= 0x1f300 and <= 0x1f64f => true,
        >= 0x1f680 and <= 0x1f6ff => true,
        >= 0x1f900 and <= 0x1f9ff => true,
        >= 0x20000 and <= 0x3fffd => true,
        _ => false,
    };
}
