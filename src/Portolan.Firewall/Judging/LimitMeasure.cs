using System.Globalization;

namespace Portolan.Firewall.Judging;

/// <summary>What a limit counts, and how much of that it lets through.</summary>
public sealed record LimitMeasure
{
    private readonly string? _words;

    private LimitMeasure(LimitUnit unit, double atOnce, ulong rate, ulong seconds, string? words)
    {
        (Unit, AtOnce, Rate, Seconds, _words) = (unit, atOnce, rate, seconds, words);
    }

    /// <summary>What it counts.</summary>
    public LimitUnit Unit { get; }

    /// <summary>How much it lets through at once; infinite where that is not known.</summary>
    public double AtOnce { get; }

    /// <summary>How much it lets through in <see cref="Seconds"/>.</summary>
    public ulong Rate { get; }

    /// <summary>In which time; 0 for a number that is used up for good.</summary>
    public ulong Seconds { get; }

    /// <summary>Packets in a time, and so many at once.</summary>
    /// <param name="rate">Packets.</param>
    /// <param name="seconds">In so many seconds; 0 for packets in all.</param>
    /// <param name="atOnce">How many may come at once.</param>
    public static LimitMeasure Packets(ulong rate, ulong seconds, double atOnce) => new(LimitUnit.Packets, atOnce, rate, seconds, null);

    /// <summary>Packets that are counted back from each moment, and not let through bit by bit.</summary>
    /// <param name="most">Packets.</param>
    /// <param name="seconds">Within so many seconds; 0 for packets in all.</param>
    public static LimitMeasure Within(ulong most, ulong seconds) => new(LimitUnit.Packets, most, most, seconds, null) { IsWindow = true };

    /// <summary>Bytes in a time, and so many at once.</summary>
    /// <param name="rate">Bytes.</param>
    /// <param name="seconds">In so many seconds.</param>
    /// <param name="atOnce">How many may come at once.</param>
    public static LimitMeasure Bytes(ulong rate, ulong seconds, double atOnce) => new(LimitUnit.Bytes, atOnce, rate, seconds, null);

    /// <summary>Bytes in all, of which some are used up.</summary>
    /// <param name="bytes">Bytes.</param>
    /// <param name="used">How many of them are used up.</param>
    public static LimitMeasure Quota(ulong bytes, ulong used) => new(
        LimitUnit.Bytes, bytes > used ? bytes - used : 0, 0, 0, $"{Size(bytes)} in all, {Size(used)} of it used");

    /// <summary>Connections at once.</summary>
    /// <param name="most">Connections.</param>
    public static LimitMeasure Connections(uint most) => new(
        LimitUnit.Connections, double.PositiveInfinity, most, 0,
        string.Create(CultureInfo.InvariantCulture, $"{most} connection{(most == 1 ? "" : "s")} at once"));

    /// <summary>A limit whose numbers are not known.</summary>
    /// <param name="words">What it is called.</param>
    public static LimitMeasure Unknown(string words) => new(LimitUnit.Packets, double.PositiveInfinity, 0, 0, words);

    private bool IsWindow { get; init; }

    /// <summary>How much it lets through within a time that begins now, when nothing of it is used up.</summary>
    /// <param name="seconds">The time.</param>
    public double Room(double seconds) => Seconds == 0 || IsWindow ? AtOnce : AtOnce + (Rate / (double)Seconds * seconds);

    /// <summary>How much, in words that follow "up to".</summary>
    /// <param name="ofConnections">Whether the packets that count are the first of connections.</param>
    public string Text(bool ofConnections) => _words ?? (Unit == LimitUnit.Bytes
        ? $"{Size(Rate)}{Time}"
        : string.Create(
            CultureInfo.InvariantCulture, $"{Rate} {(ofConnections ? "connection" : "packet")}{(Rate == 1 ? "" : "s")}{Time}"));

    /// <summary>A number of bytes, as nft writes it.</summary>
    public static string Size(ulong bytes) => bytes switch
    {
        > 0 when bytes % (1 << 20) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} mbytes"),
        > 0 when bytes % (1 << 10) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10} kbytes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };

    private string Time => Seconds switch
    {
        0 => " in all",
        1 => " a second",
        60 => " a minute",
        3600 => " an hour",
        86_400 => " a day",
        604_800 => " a week",
        _ => string.Create(CultureInfo.InvariantCulture, $" in {Seconds} s"),
    };
}

/// <summary>What a limit counts.</summary>
public enum LimitUnit
{
    /// <summary>Packets.</summary>
    Packets,

    /// <summary>Bytes of packets, from the header of IP on.</summary>
    Bytes,

    /// <summary>Connections that are open at once.</summary>
    Connections,
}
