namespace Portolan.Firewall.Changing;

/// <summary>One change that a person made to Portolan's own rules.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Words">The command, such as <c>block 8080/tcp</c>; for several rules with commas between.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it. Hostile text.</param>
public sealed record OwnChange(int Number, string Words, DateTimeOffset At, string By)
{
    /// <summary>How long until the kernel takes it back; <c>null</c> once it is confirmed.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>How long it was to wait for its confirmation. <see cref="Remaining"/> counts down from here.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether it waits to be confirmed.</summary>
    public bool IsPending => Timeout is not null;

    /// <summary>Where it was made from.</summary>
    public ChangeOrigin Origin { get; init; } = ChangeOrigin.Unknown;

    /// <summary>Numbers of the rules it added.</summary>
    public IReadOnlyList<int> Added { get; init; } = [];

    /// <summary>The rules it took away. While it is pending they are still in the table, paused.</summary>
    public IReadOnlyList<RemovedRule> Removed { get; init; } = [];

    /// <summary>The changes that this one takes back, newest first.</summary>
    public IReadOnlyList<int> Undoes { get; init; } = [];
}

/// <summary>A rule that a change took away, and where it stood.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Before">Number of the rule behind it, or 0 when it was the last.</param>
public sealed record RemovedRule(OwnRule Rule, int Before);

/// <summary>Where a change was made from.</summary>
/// <param name="Kind">What kind of place.</param>
public sealed record ChangeOrigin(ChangeOriginKind Kind)
{
    /// <summary>Nothing is known.</summary>
    public static ChangeOrigin Unknown { get; } = new(ChangeOriginKind.Unknown);

    /// <summary>The kernel's cookie of the connection's socket; 0 when not known.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Inode of that socket; 0 when not known.</summary>
    public uint Inode { get; init; }

    /// <summary>Address of this machine in the connection.</summary>
    public InternetAddress LocalAddress { get; init; }

    /// <summary>Port of this machine in the connection.</summary>
    public ushort LocalPort { get; init; }

    /// <summary>The other end's address.</summary>
    public InternetAddress RemoteAddress { get; init; }

    /// <summary>The other end's port.</summary>
    public ushort RemotePort { get; init; }

    /// <summary>The terminal of a console, such as <c>tty1</c>; else <c>null</c>. Hostile text.</summary>
    public string? Terminal { get; init; }

    /// <summary>Whether both are the same connection: the same cookie, or where one is not known the same inode and socket pair.</summary>
    public bool IsSameConnectionAs(ChangeOrigin other) =>
        Kind == ChangeOriginKind.Network && other.Kind == ChangeOriginKind.Network
        && (Cookie != 0 && other.Cookie != 0
            ? Cookie == other.Cookie
            : Inode == other.Inode && LocalPort == other.LocalPort && RemotePort == other.RemotePort
                && LocalAddress == other.LocalAddress && RemoteAddress == other.RemoteAddress);
}

/// <summary>Kinds of places a change is made from.</summary>
public enum ChangeOriginKind
{
    /// <summary>Unknown: a job, a terminal multiplexer, a parent that cannot be looked into.</summary>
    Unknown,

    /// <summary>A connection over the network, such as ssh.</summary>
    Network,

    /// <summary>A terminal of the machine itself.</summary>
    Console,
}
