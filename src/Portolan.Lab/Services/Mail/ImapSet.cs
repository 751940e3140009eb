using System.Globalization;

namespace Portolan.Lab.Services.Mail;

/// <summary>A set of numbers such as <c>1,3:5,7:*</c> (RFC 3501 section 9).</summary>
internal static class ImapSet
{
    private const int MaxPieces = 1000;

    /// <summary>Reads a set.</summary>
    /// <param name="text">The set.</param>
    /// <param name="last">What <c>*</c> means.</param>
    /// <param name="contains">Whether a number is in it.</param>
    internal static bool TryParse(string text, uint last, out Func<uint, bool> contains)
    {
        var ranges = new List<(uint First, uint Last)>();
        contains = number => ranges.Exists(r => number >= r.First && number <= r.Last);
        var pieces = text.Split(',');
        foreach (var piece in pieces)
        {
            var ends = piece.Split(':');
            if (ends.Length > 2 || !TryNumber(ends[0], last, out var first) || !TryNumber(ends[^1], last, out var second))
            {
                return false;
            }

            ranges.Add((Math.Min(first, second), Math.Max(first, second)));
        }

        return pieces.Length <= MaxPieces;
    }

    private static bool TryNumber(string text, uint last, out uint number)
    {
        number = last;
        return text == "*" || (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0);
    }
}
