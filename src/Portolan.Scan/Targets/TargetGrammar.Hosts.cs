using System.Buffers;
using System.Globalization;

namespace Portolan.Scan.Targets;

/// <content>What stands before the colon and is not IPv6: octets, ranges of IPv4 addresses, names.</content>
internal static partial class TargetGrammar
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> OctetLetters = SearchValues.Create("0123456789.,-*");
    private static readonly SearchValues<char> NameLetters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>Whether a word has only what octets are written with, so that it is not a name.</summary>
    internal static bool IsNumeric(ReadOnlySpan<char> word) => !word.ContainsAnyExcept(OctetLetters);

    private static bool TryParseHost(string word, int to, out TargetExpression? expression, out TargetError error)
    {
        expression = null;
        error = default;
        var text = word.AsSpan(0, to);
        var slash = text.IndexOf('/');
        var host = slash < 0 ? text : text[..slash];
        if (host.IsEmpty)
        {
            error = new TargetError(0, 1, "a host is missing here", Forms);
            return false;
        }

        var isName = !IsNumeric(host);
        var length = -1;
        if (slash >= 0 && !TryTakePrefix(word, slash + 1, to, isName ? 128 : 32, out length, out error))
        {
            return false;
        }

        if (isName)
        {
            return TryParseName(word, host.Length, length, out expression, out error);
        }

        return host.Count('.') == 6
            ? TryParseFromTo(word, 0, DashBetweenAddresses(host), host.Length, length, out expression, out error)
            : TryParseOctets(word, host.Length, length, out expression, out error);
    }

    // The dash after the third dot: 192.0.2.1-192.0.2.50.
    private static int DashBetweenAddresses(ReadOnlySpan<char> host)
    {
        var dots = 0;
        var at = 0;
        while (dots < 3)
        {
            dots += host[at++] == '.' ? 1 : 0;
        }

        var dash = host[at..].IndexOf('-');
        return dash < 0 ? at : at + dash;
    }

    private static bool TryParseOctets(string word, int to, int length, out TargetExpression? expression, out TargetError error)
    {
        expression = null;
        error = default;
        var count = word.AsSpan(0, to).Count('.') + 1;
        if (count != 4)
        {
            error = new TargetError(
                0, to, count == 1 ? "an IPv4 address has four octets, this is one number" : $"an IPv4 address has four octets, not {count}",
                Forms);
            return false;
        }

        Span<OctetSet> octets = stackalloc OctetSet[4];
        octets.Clear();
        var from = 0;
        for (var i = 0; i < 4; i++)
        {
            var dot = word.IndexOf('.', from, to - from);
            var end = dot < 0 ? to : dot;
            if (!TryParseOctet(word, from, end, ref octets[i], out error))
            {
                return false;
            }

            from = end + 1;
        }

        // nmap lets a netmask free the low bits of every octet, ranges or not.
        for (var i = 0; i < 4 && length >= 0; i++)
        {
            octets[i] = octets[i].Widened(Math.Clamp((8 * (i + 1)) - length, 0, 8));
        }

        var pattern = new OctetPattern(octets[0], octets[1], octets[2], octets[3]);
        expression = pattern.Count == (ulong)pattern.Last - pattern.First + 1
            ? new TargetExpression { Kind = TargetKind.Addresses, IsIPv4 = true, First = pattern.First, Last = pattern.Last }
            : new TargetExpression
            {
                Kind = TargetKind.Octets,
                IsIPv4 = true,
                First = pattern.First,
                Last = pattern.Last,
                Octets = pattern,
            };
        return true;
    }

    private static bool TryParseOctet(string word, int from, int to, ref OctetSet octet, out TargetError error)
    {
        error = default;
        for (var start = from; start <= to;)
        {
            var comma = word.IndexOf(',', start, to - start);
            var end = comma < 0 ? to : comma;
            if (start == end)
            {
                error = new TargetError(start, 1, "an octet is missing here", Forms);
                return false;
            }

            var dash = word.IndexOf('-', start, end - start);
            int first = 0, last = 255;
            if (word[start] == '*' && end == start + 1)
            {
                // Everything, as a lone dash.
            }
            else if (dash < 0)
            {
                if (!TryParseNumber(word, start, end, out first, out error))
                {
                    return false;
                }

                last = first;
            }
            else if ((dash > start && !TryParseNumber(word, start, dash, out first, out error))
                || (dash + 1 < end && !TryParseNumber(word, dash + 1, end, out last, out error)))
            {
                return false;
            }

            if (first > last)
            {
                error = new TargetError(start, end - start, "the range runs backwards", $"did you mean {last}-{first}?");
                return false;
            }

            octet.Add(first, last);
            start = end + 1;
        }

        return true;
    }

    private static bool TryParseNumber(string word, int from, int to, out int number, out TargetError error)
    {
        error = default;
        var text = word.AsSpan(from, to - from);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            error = new TargetError(
                from, Math.Max(1, text.Length), "not an octet",
                $"an octet is a number, a range (1-50), a list (1,3,7-9), or - for all");
            return false;
        }

        if (number > 255)
        {
            error = new TargetError(from, text.Length, "octets end at 255", Forms);
            return false;
        }

        return true;
    }

    private static bool TryParseName(string word, int to, int length, out TargetExpression? expression, out TargetError error)
    {
        expression = null;
        var name = word[..to];
        if (!TryMakeName(ref name, out error))
        {
            return false;
        }

        expression = new TargetExpression { Kind = TargetKind.Name, Name = name, NamePrefix = length };
        return true;
    }

    // Letters, digits, hyphens and underscores (which hosts are not named with, but are found with), in labels of 1 to 63 (RFC 1035 section
    // 2.3.4).
    private static bool TryMakeName(ref string name, out TargetError error)
    {
        error = default;
        var length = name.Length;
        var at = name.AsSpan().IndexOfAnyExcept(NameLetters);
        if (at >= 0 && name[at] > 0x7f && TryMakeAscii(ref name))
        {
            at = -1;
        }

        if (at >= 0)
        {
            error = new TargetError(
                at, 1, "this character is not allowed in a host name", name[at] == '@' ? Advice.Of($"write the host alone") : Forms);
            return false;
        }

        name = name.EndsWith('.') ? name[..^1] : name;
        if (name.Length is 0 or > MaxNameLength)
        {
            error = new TargetError(
                0, Math.Max(1, length), name.Length == 0 ? "a single dot is not a host" : $"a name has at most "
                    + $"{MaxNameLength} characters", Forms);
            return false;
        }

        foreach (var range in name.AsSpan().Split('.'))
        {
            var (start, end) = (range.Start.Value, range.End.Value);
            if (end - start is 0 or > MaxLabelLength)
            {
                error = new TargetError(
                    Math.Min(start, length - 1), Math.Max(1, end - start),
                    start == end ? "two dots with nothing between them" : $"a label of a name has at most "
                        + $"{MaxLabelLength} characters", Forms);
                return false;
            }
        }

        return true;
    }

    private static bool TryMakeAscii(ref string name)
    {
        try
        {
            // RFC 5890: other letters are written in ASCII with the prefix xn--.
            var ascii = new IdnMapping().GetAscii(name);
            if (ascii.AsSpan().ContainsAnyExcept(NameLetters))
            {
                return false;
            }

            name = ascii;
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
