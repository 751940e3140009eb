using System.Globalization;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>How much a limit lets through, in words.</summary>
internal static class LimitAmount
{
    /// <summary>Packets in a time: <c>3 a minute</c>. Of TCP the first packet of each connection is what counts.</summary>
    public static string Packets(ulong rate, ulong seconds) => string.Create(CultureInfo.InvariantCulture, $"{rate}{Unit(seconds)}");

    /// <summary>Bytes in a time: <c>10 kbytes a second</c>.</summary>
    public static string Bytes(ulong rate, ulong seconds) => $"{Size(rate)}{Unit(seconds)}";

    /// <summary>Connections at once.</summary>
    public static string Connections(uint count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} connection{(count == 1 ? "" : "s")} at once");

    /// <summary>A number of bytes, as nft writes it.</summary>
    public static string Size(ulong bytes) => bytes switch
    {
        > 0 when bytes % (1 << 20) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} mbytes"),
        > 0 when bytes % (1 << 10) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10} kbytes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };

    private static string Unit(ulong seconds) => seconds switch
    {
        1 => " a second",
        60 => " a minute",
        3600 => " an hour",
        86_400 => " a day",
        604_800 => " a week",
        _ => string.Create(CultureInfo.InvariantCulture, $" in {seconds} s"),
    };
}
