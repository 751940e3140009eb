using System.Globalization;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// A host with or without a port, as people write it: <c>example.com</c>, <c>192.0.2.1:80</c>, <c>[2001:db8::1]:80</c>,
/// <c>[fe80::1%eth0]:80</c>.
/// </summary>
/// <param name="Name">The name in ASCII form (RFC 5891) and lower case, or the address without brackets and interface.</param>
/// <param name="Address">The address where one was written.</param>
/// <param name="Scope">The interface behind the percent sign.</param>
/// <param name="Port">The port where one was written; never 0.</param>
internal readonly record struct HostText(string Name, InternetAddress? Address, string? Scope, PortNumber? Port)
{
    /// <summary>Longest name in ASCII without the last dot (RFC 1035 section 2.3.4).</summary>
    private const int LongestName = 253;
    private const int LongestLabel = 63;

    /// <summary>The host as it stands before a port.</summary>
    public string Bracketed => Address is { IsIPv4: false } ? $"[{Name}{(Scope is null ? "" : $"%{Scope}")}]" : Name;

    /// <summary>Reads it.</summary>
    public static bool TryParse(string text, out HostText host, out CheckTargetProblem problem)
    {
        host = default;
        if (!TrySplit(text, out var name, out var port, out problem))
        {
            return false;
        }

        PortNumber? number = null;
        if (port is not null)
        {
            if (!PortNumber.TryParse(port, out var parsed) || parsed.Value == 0)
            {
                problem = new(port.Length == 0 ? "no port after the colon" : $"{port} is not a port", $"a port is a number from 1 to "
                    + $"65535");
                return false;
            }

            number = parsed;
        }

        var percent = name.IndexOf('%', StringComparison.Ordinal);
        var scope = percent < 0 ? null : name[(percent + 1)..];
        if (InternetAddress.TryParse(percent < 0 ? name : name[..percent], out var address))
        {
            if (scope is not null && (address.IsIPv4 || scope.Length == 0 || scope.AsSpan().ContainsAny(" /\t")))
            {
                problem = new($"'%{scope}' does not name an interface", $"write a link-local address as [fe80::1%eth0]:PORT");
                return false;
            }

            host = new(address.ToString(), address, scope, number);
            return true;
        }

        return TryParseName(name, number, out host, out problem);
    }

    private static bool TrySplit(string text, out string name, out string? port, out CheckTargetProblem problem)
    {
        (name, port, problem) = (text, null, default);
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            var after = end < 0 ? "" : text[(end + 1)..];
            if (end < 0 || (after.Length > 0 && after[0] != ':') || !text.AsSpan(0, end).Contains(':'))
            {
                problem = new("brackets may only enclose an IPv6 address", $"write [2001:db8::1]:443");
                return false;
            }

            (name, port) = (text[1..end], after.Length > 0 ? after[1..] : null);
            return true;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0 && text.IndexOf(':', colon + 1) >= 0)
        {
            problem = InternetAddress.TryParse(text.Split('%')[0], out _)
                ? new("an IPv6 address with a port needs brackets", $"write [{text}]:PORT")
                : new("more than one colon", $"write HOST:PORT, or [ADDRESS]:PORT for IPv6");
            return false;
        }

        if (colon >= 0)
        {
            (name, port) = (text[..colon], text[(colon + 1)..]);
        }

        return true;
    }

    private static bool TryParseName(string text, PortNumber? port, out HostText host, out CheckTargetProblem problem)
    {
        host = default;
        problem = new(
            text.Length == 0 ? "no host" : $"{text} is not a host name",
            $"write HOST:PORT with a name or an address, e.g. example.com:443");
        var ascii = text;
        try
        {
            if (!System.Text.Ascii.IsValid(text))
            {
                ascii = new IdnMapping { UseStd3AsciiRules = true }.GetAscii(text);
            }
        }
        catch (ArgumentException)
        {
            return false;
        }

        ascii = ascii.TrimEnd('.').ToLowerInvariant();
        if (ascii.Length is 0 or > LongestName || !IsName(ascii))
        {
            return false;
        }

        host = new(ascii, Address: null, Scope: null, port);
        problem = default;
        return true;
    }

    /// <summary>
    /// Letters, digits, hyphens, and the underscores that real names have (RFC 2782), in labels of 1 to 63; not all digits at the end,
    /// which would be an address.
    /// </summary>
    private static bool IsName(string ascii)
    {
        var labels = ascii.Split('.');
        foreach (var label in labels)
        {
            if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            foreach (var c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                {
                    return false;
                }
            }
        }

        // RFC 1123 section 2.1: what ends in a number is meant as an address.
        return labels[^1].AsSpan().ContainsAnyExceptInRange('0', '9');
    }
}
