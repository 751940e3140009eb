namespace Portolan.Transport.Links;

/// <summary>What a <see cref="FaultLink"/> does to frames of one direction. Chances are 0 to 1.</summary>
public sealed record FaultProfile
{
    /// <summary>Nothing.</summary>
    public static FaultProfile None { get; } = new();

    /// <summary>The chance that a frame is lost.</summary>
    public double Loss { get; init => field = Allowed.Chance(value); }

    /// <summary>Losses that come in bursts; <c>null</c> for none.</summary>
    public BurstLoss? Bursts { get; init; }

    /// <summary>The chance that a frame comes twice.</summary>
    public double Duplication { get; init => field = Allowed.Chance(value); }

    /// <summary>The chance that a frame is held for <see cref="ReorderDelay"/> more, so that later ones overtake it.</summary>
    public double Reordering { get; init => field = Allowed.Chance(value); }

    /// <summary>How long such a frame is held.</summary>
    public TimeSpan ReorderDelay { get; init => field = Allowed.NotNegative(value); } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The chance that up to 15 bits in a row of an IP packet are turned over: what the checksum of Ethernet would find, but that of IP has
    /// to when it happens within a router. ARP has no checksum and is spared.
    /// </summary>
    public double Corruption { get; init => field = Allowed.Chance(value); }

    /// <summary>How long every frame takes.</summary>
    public TimeSpan Delay { get; init => field = Allowed.NotNegative(value); }

    /// <summary>How much longer a frame may take, evenly spread. Frames keep their order all the same.</summary>
    public TimeSpan Jitter { get; init => field = Allowed.NotNegative(value); }

    /// <summary>Bits a second; 0 for no limit.</summary>
    public long Bandwidth { get; init => field = Allowed.AtLeast(0, value); }

    /// <summary>Bytes that may wait for the bandwidth; frames that come then are dropped.</summary>
    public int QueueLimit { get; init => field = Allowed.AtLeast(1, value); } = 256 << 10;

    /// <summary>The most bytes of a frame; longer ones vanish, as on a path whose MTU shrank without a word. 0 for no limit.</summary>
    public int MaxFrameLength { get; init => field = Allowed.AtLeast(0, value); }

    /// <summary>Whether nothing passes.</summary>
    public bool IsPartitioned { get; init; }
}

/// <summary>The two-state loss of Gilbert and Elliott: a good and a bad time, each with a loss of its own.</summary>
/// <param name="Begin">The chance, with each frame, that a bad time begins.</param>
/// <param name="End">The chance, with each frame, that it ends.</param>
/// <param name="BadLoss">The chance of a loss in a bad time.</param>
/// <param name="GoodLoss">The chance of a loss in a good time.</param>
public sealed record BurstLoss(double Begin, double End, double BadLoss = 1, double GoodLoss = 0)
{
    /// <summary>The chance, with each frame, that a bad time begins.</summary>
    public double Begin { get; init => field = Allowed.Chance(value); } = Allowed.Chance(Begin);

    /// <summary>The chance, with each frame, that it ends.</summary>
    public double End { get; init => field = Allowed.Chance(value); } = Allowed.Chance(End);

    /// <summary>The chance of a loss in a bad time.</summary>
    public double BadLoss { get; init => field = Allowed.Chance(value); } = Allowed.Chance(BadLoss);

    /// <summary>The chance of a loss in a good time.</summary>
    public double GoodLoss { get; init => field = Allowed.Chance(value); } = Allowed.Chance(GoodLoss);
}
