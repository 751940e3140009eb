using System.Globalization;
using Portolan.Model;
using Portolan.Model.Xml;
using Portolan.Packets;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Replay;

/// <summary>
/// Reads attributes of the element that a reader stands on. What is there and wrong is an error with its place; what is absent is not.
/// </summary>
internal static class XmlFields
{
    private const int LongestShown = 40;

    /// <summary>The value as text, or an empty one.</summary>
    public static ReadOnlySpan<char> Text(this XmlPullReader reader, string attribute) =>
        reader.TryGetAttribute(attribute, out var value) ? value : default;

    /// <summary>A whole number; <c>null</c> when absent or empty.</summary>
    public static long? Number(this XmlPullReader reader, string attribute, long least, long most)
    {
        var text = reader.Text(attribute);
        if (text.IsEmpty)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least
            && value <= most
            ? value
            : throw reader.Wrong(attribute, $"is not a number from {least} to {most}");
    }

    /// <summary>Seconds since 1970; <c>null</c> when absent.</summary>
    public static DateTimeOffset? Time(this XmlPullReader reader, string attribute) =>
        reader.Number(attribute, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()) is { } seconds
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    /// <summary>A length of time in seconds; <c>null</c> when absent.</summary>
    public static TimeSpan? Seconds(this XmlPullReader reader, string attribute) =>
        reader.Decimal(attribute, "seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>A length of time in milliseconds; <c>null</c> when absent.</summary>
    public static TimeSpan? Milliseconds(this XmlPullReader reader, string attribute) =>
        reader.Decimal(attribute, "milliseconds") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static double? Decimal(this XmlPullReader reader, string attribute, string unit)
    {
        var text = reader.Text(attribute);
        if (text.IsEmpty)
        {
            return null;
        }

        // Below what a TimeSpan holds, and longer than anybody scans.
        const double Most = 1e11;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and < Most
            ? value
            : throw reader.Wrong(attribute, $"is not a number of {unit}");
    }

    /// <summary>Microseconds; zero when absent.</summary>
    public static TimeSpan Microseconds(this XmlPullReader reader, string attribute)
    {
        // nmap writes a variation below zero when it measured none.
        var value = reader.Number(attribute, -1_000_000_000_000, 1_000_000_000_000) ?? 0;
        return TimeSpan.FromMicroseconds((double)Math.Max(0, value));
    }

    /// <summary>An IP address, whatever <c>addrtype</c> calls it.</summary>
    public static InternetAddress Address(this XmlPullReader reader, string attribute) =>
        InternetAddress.TryParse(reader.Text(attribute), out var address) ? address : throw reader.Wrong(attribute, "is not an IP address");

    /// <summary>An Ethernet address, such as <c>00:1B:21:AA:BB:02</c>.</summary>
    public static MacAddress HardwareAddress(this XmlPullReader reader, string attribute)
    {
        var text = reader.Text(attribute);
        var value = 0UL;
        for (var i = 0; i < MacAddress.Length; i++)
        {
            if (text.Length != 17
                || !byte.TryParse(text.Slice(3 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var part)
                || (i < MacAddress.Length - 1 && text[(3 * i) + 2] is not (':' or '-')))
            {
                throw reader.Wrong(attribute, "is not an Ethernet address");
            }

            value = (value << 8) | part;
        }

        return new MacAddress(value);
    }

    /// <summary>A state of a port; never <see cref="PortState.Unknown"/>.</summary>
    public static PortState State(this XmlPullReader reader) =>
        PortStateNames.TryParse(reader.Text("state"), out var state) ? state : throw reader.Wrong("state", "is not a state of a port");

    /// <summary>A list of ports; <c>null</c> when absent or empty.</summary>
    public static PortSet? Ports(this XmlPullReader reader, string attribute)
    {
        var text = reader.Text(attribute);
        if (text.IsEmpty)
        {
            return null;
        }

        return PortSet.TryParse(text, out var ports, out var error)
            ? ports
            : throw reader.Wrong(attribute, $"is not a port list: {error.Reason}");
    }

    /// <summary>The protocol; <c>false</c> for one without ports, or that is none.</summary>
    public static bool TryProtocol(this XmlPullReader reader, string attribute, out TransportProtocol protocol)
    {
        (var isKnown, protocol) = reader.Text(attribute) switch
        {
            "tcp" => (true, TransportProtocol.Tcp),
            "udp" => (true, TransportProtocol.Udp),
            "sctp" => (true, TransportProtocol.Sctp),
            _ => (false, default),
        };
        return isKnown;
    }

    /// <summary>nmap's reason, also in the plural that old versions write for several ports, or masscan's TCP flags.</summary>
    public static ReplyReason Reason(this XmlPullReader reader)
    {
        var word = reader.Text("reason");
        if (ReplyReasonNames.TryParse(word, out var reason)
            || (word.EndsWith("s") && ReplyReasonNames.TryParse(word[..^1], out reason))
            || (word.EndsWith("es") && ReplyReasonNames.TryParse(word[..^2], out reason)))
        {
            return reason;
        }

        return word is "rst" or "rst-ack" ? ReplyReason.Reset : ReplyReason.UnknownResponse;
    }

    /// <summary>An error that names an attribute of the element and its value.</summary>
    public static XmlFormatException Wrong(this XmlPullReader reader, string attribute, string why)
    {
        var value = reader.Text(attribute);
        var shown = value.Length > LongestShown ? $"{value[..LongestShown]}…" : value.ToString();
        return reader.Error($"{attribute} '{shown}' of '{reader.Name}' {why}");
    }
}
