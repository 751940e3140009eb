using System.Diagnostics.CodeAnalysis;
using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>
/// nmap's target grammar (nmap reference guide, "Target Specification"), and beyond it ranges from-to, brackets around IPv6, and ports of
/// the host's own: <c>192.0.2.1:80,443</c>. Pure text: nothing is looked up.
/// </summary>
/// <remarks>
/// <code>
/// word    = host [ ":" ports ] | "[" v6 "]" [ "/" length ] [ ":" ports ]
/// host    = octets [ "/" length ] | v4 "-" v4 | name [ "/" length ] | v6
/// octets  = set "." set "." set "." set,  set = item *( "," item ),  item = n | [n] "-" [n] | "*"
/// v6      = address [ "%" zone ] [ "/" length ] | address "-" address
/// </code>
/// </remarks>
internal static partial class TargetGrammar
{
    /// <summary>The longest word that can mean anything.</summary>
    public const int MaxWordLength = 4096;

    private static readonly Advice Forms = $"write 192.0.2.7, 192.0.2.0/24, 192.0.2.1-50, 2001:db8::7, www.example.com or 192.0.2.7:80,443";

    /// <summary>Takes a word apart.</summary>
    public static bool TryParse(string word, [NotNullWhen(true)] out TargetExpression? expression, out TargetError error)
    {
        expression = null;
        error = default;
        if (word.Length == 0)
        {
            error = new TargetError(0, 1, "a target is missing here", Forms);
            return false;
        }

        if (word.Length > MaxWordLength)
        {
            error = new TargetError(0, word.Length, $"longer than the {MaxWordLength:N0} characters of the longest target", Forms);
            return false;
        }

        if (word.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0)
        {
            error = new TargetError(
                0, scheme + 3, "a URL is not a target", $"write the host alone, or try the URL with: portolan check {word}");
            return false;
        }

        if (word[0] == '[')
        {
            return TryParseBracketed(word, out expression, out error);
        }

        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return TryParseHost(word, word.Length, out expression, out error);
        }

        return IsIPv6(word, colon)
            ? TryParseIPv6(word, 0, word.Length, out expression, out error)
            : TryParseHost(word, colon, out expression, out error) && TryTakePorts(word, colon, ref expression, out error);
    }

    // A second colon makes it IPv6, unless what stands before the first cannot be (a dot, another letter) or ports follow by their
    // protocol.
    private static bool IsIPv6(string word, int colon)
    {
        var second = word.IndexOf(':', colon + 1);
        if (second < 0)
        {
            return false;
        }

        foreach (var letter in word.AsSpan(0, colon))
        {
            if (!char.IsAsciiHexDigit(letter))
            {
                return false;
            }
        }

        return !(second == colon + 2 && word[colon + 1] is 'T' or 'U' or 'S' or 't' or 'u' or 's');
    }

    private static bool TryParseBracketed(string word, out TargetExpression? expression, out TargetError error)
    {
        expression = null;
        var close = word.IndexOf(']', StringComparison.Ordinal);
        if (close < 0)
        {
            error = new TargetError(0, 1, "the bracket is not closed", $"write [2001:db8::7]:443");
            return false;
        }

        if (!word.AsSpan(1, close - 1).Contains(':'))
        {
            error = new TargetError(
                1, Math.Max(1, close - 1), "brackets are for IPv6 addresses", $"write [2001:db8::7]:443, or the host without brackets");
            return false;
        }

        var end = word.IndexOf(':', close);
        end = end < 0 ? word.Length : end;
        if (!TryParseIPv6(word, 1, close, out expression, out error))
        {
            return false;
        }

        if (end > close + 1)
        {
            // The prefix length may stand behind the bracket too.
            if (word[close + 1] != '/' || !TryTakePrefix(word, close + 2, end, 128, out var length, out error))
            {
                error = error.Length > 0
                    ? error
                    : new TargetError(close + 1, end - close - 1, "only /LENGTH or :PORTS may follow the bracket", Forms);
                return false;
            }

            if (expression!.First != expression.Last)
            {
                error = new TargetError(close + 1, end - close - 1, "a second prefix length", Forms);
                return false;
            }

            expression = Prefixed(expression, length);
        }

        return end == word.Length || TryTakePorts(word, end, ref expression, out error);
    }

    private static bool TryTakePorts(string word, int colon, [NotNullWhen(true)] ref TargetExpression? expression, out TargetError error)
    {
        error = default;
        if (colon + 1 == word.Length)
        {
            error = new TargetError(colon, 1, "no port follows the colon", $"write 192.0.2.7:80,443, or leave the colon out");
            return false;
        }

        expression = expression! with { Ports = word[(colon + 1)..], PortsAt = colon + 1 };
        return true;
    }

    private static bool TryParseIPv6(string word, int from, int to, out TargetExpression? expression, out TargetError error)
    {
        expression = null;
        error = default;
        var text = word.AsSpan(from, to - from);
        var length = -1;
        if (text.IndexOf('/') is var slash and >= 0)
        {
            if (!TryTakePrefix(word, from + slash + 1, to, 128, out length, out error))
            {
                return false;
            }

            text = text[..slash];
        }

        string? zone = null;
        if (text.IndexOf('%') is var percent and >= 0)
        {
            zone = text[(percent + 1)..].ToString();
            text = text[..percent];
            if (zone.Length == 0)
            {
                error = new TargetError(from + percent, 1, "no interface follows the %", $"write fe80::1%eth0");
                return false;
            }
        }
        else if (text.IndexOf('-') is var dash and > 0)
        {
            return TryParseFromTo(word, from, from + dash, from + text.Length, length, out expression, out error);
        }

        if (!InternetAddress.TryParse(text, out var address))
        {
            error = new TargetError(from, Math.Max(1, text.Length), "not an IPv6 address", text.IndexOf("::") != text.LastIndexOf("::")
                ? Advice.Of($"\"::\" may occur once in an address")
                : $"write 2001:db8::7, or [2001:db8::7]:443 with a port");
            return false;
        }

        expression = OneAddress(address) with { Zone = zone };
        if (length >= 0)
        {
            // ::ffff:192.0.2.0/120 is an IPv4 prefix of 24 bits in IPv6 clothes.
            if (address.IsIPv4Mapped && length >= 96)
            {
                length -= 96;
            }
            else if (address.IsIPv4Mapped)
            {
                expression = expression with { IsIPv4 = false, First = address.Number, Last = address.Number };
            }

            expression = Prefixed(expression, length);
        }

        return true;
    }

    // An IPv4-mapped address is the IPv4 address: so excludes win whichever way either is written, and each address comes once.
    private static TargetExpression OneAddress(InternetAddress address)
    {
        address = address.Unmap();
        return new TargetExpression { Kind = TargetKind.Addresses, IsIPv4 = address.IsIPv4, First = address.Number, Last = address.Number };
    }

    internal static TargetExpression Prefixed(TargetExpression expression, int length)
    {
        var free = (expression.IsIPv4 ? 32 : 128) - length;
        var hosts = free == 128 ? UInt128.MaxValue : (UInt128.One << free) - 1;
        return expression with { First = expression.First & ~hosts, Last = expression.First | hosts };
    }

    private static bool TryParseFromTo(
        string word, int from, int dash, int to, int length, out TargetExpression? expression, out TargetError error)
    {
        expression = null;
        error = default;
        if (length >= 0)
        {
            error = new TargetError(dash, to - dash, "a range from-to takes no prefix length", $"write either the range or the prefix");
            return false;
        }

        var isIPv6 = word.AsSpan(from, to - from).Contains(':');
        if (!InternetAddress.TryParse(word.AsSpan(from, dash - from), out var first) || first.IsIPv4 == isIPv6)
        {
            error = NotAddress(from, dash - from, isIPv6);
        }
        else if (!InternetAddress.TryParse(word.AsSpan(dash + 1, to - dash - 1), out var last) || last.IsIPv4 == isIPv6)
        {
            error = NotAddress(dash + 1, to - dash - 1, isIPv6);
        }
        else
        {
            (first, last) = (first.Unmap(), last.Unmap());
            if (first.IsIPv4 == last.IsIPv4 && first <= last)
            {
                expression = new TargetExpression
                {
                    Kind = TargetKind.Addresses,
                    IsIPv4 = first.IsIPv4,
                    First = first.Number,
                    Last = last.Number,
                };
                return true;
            }

            error = new TargetError(from, to - from, "the range runs backwards", $"did you mean {last}-{first}?");
        }

        return false;
    }

    private static TargetError NotAddress(int at, int length, bool isIPv6) => new(
        at, Math.Max(1, length), isIPv6 ? "not an IPv6 address" : "not an IPv4 address",
        $"write {(isIPv6 ? "2001:db8::1-2001:db8::ff" : "192.0.2.1-192.0.2.50")}");

    private static bool TryTakePrefix(string word, int from, int to, int most, out int length, out TargetError error)
    {
        error = default;
        length = -1;
        var text = word.AsSpan(from, to - from);
        if (text.Length is > 0 and <= 3 && !text.ContainsAnyExceptInRange('0', '9'))
        {
            length = int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
            if (length <= most)
            {
                return true;
            }

            error = new TargetError(from, text.Length, $"prefix lengths end at {most}", $"write /0 to /{most}");
            return false;
        }

        Advice hint = $"write the number of fixed bits, e.g. /24";
        if (InternetAddress.TryParse(text, out var mask) && mask.IsIPv4 && System.Numerics.BitOperations.PopCount(~mask.IPv4Bits + 1) <= 1)
        {
            hint = $"write /{System.Numerics.BitOperations.PopCount(mask.IPv4Bits)} for this netmask";
        }

        error = new TargetError(
            text.IsEmpty ? from - 1 : from, Math.Max(1, text.Length),
            text.IsEmpty ? "no prefix length follows the slash" : "not a prefix length", hint);
        return false;
    }
}
