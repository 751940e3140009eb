using System.Globalization;
using Portolan.Model;

namespace Portolan.Cli.Scanning.Options;

/// <summary>Reads the values of options: nmap's rates, flags. Each failure names the option, the word and what it takes.</summary>
internal static class ScanValues
{
    /// <summary>Probes per second, more than zero; <c>100k</c> and <c>1.5M</c> too.</summary>
    public static double Rate(string option, string text)
    {
        var (unit, factor) = text switch
        {
            [.., 'k' or 'K'] => (1, 1e3),
            [.., 'M'] => (1, 1e6),
            _ => (0, 1.0),
        };
        return double.TryParse(
            text.AsSpan(0, text.Length - unit), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0
            && value * factor <= 1e9
            ? value * factor
            : throw Wrong(option, text, "probes per second, e.g. 100, 0.5 or 100k");
    }

    /// <summary>A whole number in a range.</summary>
    public static int Number(string option, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw Wrong(option, text, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

    /// <summary>A seed: decimal, or hexadecimal with 0x.</summary>
    public static ulong Seed(string option, string text)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(
            isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture,
            out var seed)
            ? seed
            : throw Wrong(option, text, "a number from 0 to 18446744073709551615");
    }

    /// <summary>This run's share, as <c>1/3</c>.</summary>
    public static (int Index, int Count) Shard(string option, string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0
            && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var share)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && share >= 1 && share <= count && count <= 65536)
        {
            return (share - 1, count);
        }

        throw Wrong(option, text, "this run's share, from 1/N to N/N, e.g. 1/3");
    }

    /// <summary>A port other than 0.</summary>
    public static PortNumber Port(string option, string text) =>
        PortNumber.TryParse(text, out var port) && port.Value != 0 ? port : throw Wrong(option, text, "a port from 1 to 65535");

    /// <summary>A port list without protocols, for host discovery.</summary>
    public static PortSet Ports(string option, string text) =>
        PortSet.TryParse(text, out var ports, out var error)
            ? ports
            : throw ScanErrors.Usage(
                $"{option}: '{TerminalText.Escape(text)}': {error.Reason}",
                $"write the ports directly after it, e.g. {option}22,80-90");

    /// <summary>An address of this host.</summary>
    public static InternetAddress Address(string option, string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw Wrong(option, text, "an address, e.g. 192.0.2.1");

    /// <summary>TCP flags: a number, or names in a row such as <c>SYNFIN</c> (RFC 9293 section 3.1).</summary>
    public static byte TcpFlags(string option, string text)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? byte.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            : byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return number;
        }

        byte flags = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var (length, flag) = rest.Length < 3 ? (0, 0) : rest[..3] switch
            {
                _ when rest.StartsWith("NONE", StringComparison.OrdinalIgnoreCase) => (4, 0),
                _ when rest.StartsWith("FIN", StringComparison.OrdinalIgnoreCase) => (3, 0x01),
                _ when rest.StartsWith("SYN", StringComparison.OrdinalIgnoreCase) => (3, 0x02),
                _ when rest.StartsWith("RST", StringComparison.OrdinalIgnoreCase) => (3, 0x04),
                _ when rest.StartsWith("PSH", StringComparison.OrdinalIgnoreCase) => (3, 0x08),
                _ when rest.StartsWith("ACK", StringComparison.OrdinalIgnoreCase) => (3, 0x10),
                _ when rest.StartsWith("URG", StringComparison.OrdinalIgnoreCase) => (3, 0x20),
                _ when rest.StartsWith("ECE", StringComparison.OrdinalIgnoreCase) => (3, 0x40),
                _ when rest.StartsWith("CWR", StringComparison.OrdinalIgnoreCase) => (3, 0x80),
                _ when rest.StartsWith("ALL", StringComparison.OrdinalIgnoreCase) => (3, 0xff),
                _ => (0, 0),
            };
            if (length == 0)
            {
                throw Wrong(option, text, "a number, or concatenated flags of FIN SYN RST PSH ACK URG ECE CWR, e.g. SYNFIN");
            }

            flags |= (byte)flag;
            rest = rest[length..];
        }

        return flags;
    }

    /// <summary>A timing template by number or name.</summary>
    public static int Template(string option, string text) => text.ToLowerInvariant() switch
    {
        "0" or "paranoid" => 0,
        "1" or "sneaky" => 1,
        "2" or "polite" => 2,
        "3" or "normal" => 3,
        "4" or "aggressive" => 4,
        "5" or "insane" => 5,
        _ => throw Wrong(option, text, "0 to 5, or paranoid, sneaky, polite, normal, aggressive or insane"),
    };

    /// <summary>A level: the sum of <c>+1</c>s, or the last number.</summary>
    public static int Level(string option, IEnumerable<string> values)
    {
        var level = 0;
        foreach (var value in values)
        {
            level = value == "+1" ? level + 1 : Number(option, value, 0, 10);
        }

        return level;
    }

    /// <summary>The error for a value an option cannot take.</summary>
    public static PortolanException Wrong(string option, string text, string takes) =>
        ScanErrors.Usage($"{option} takes {takes}, not '{TerminalText.Escape(text)}'");
}
