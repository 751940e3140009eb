using Portolan.Watch.Changes;

namespace Portolan.Watch.Watching;

/// <summary>What an event says.</summary>
public enum WatchEventKind : byte
{
    /// <summary>A program listens where none did.</summary>
    PortOpened,

    /// <summary>A port on which no program listens any more.</summary>
    PortClosed,

    /// <summary>Another unit, container or program holds the port.</summary>
    OwnerChanged,

    /// <summary>The addresses that the port is bound to.</summary>
    BindChanged,

    /// <summary>Who can reach the port.</summary>
    ReachChanged,
}

/// <summary>The names of <see cref="WatchEventKind"/>.</summary>
public static class WatchEventKinds
{
    private static readonly string[] Names = ["port-opened", "port-closed", "owner-changed", "bind-changed", "reach-changed"];

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<WatchEventKind> All { get; } = Enum.GetValues<WatchEventKind>();

    /// <summary>The word in machine formats.</summary>
    public static string Name(this WatchEventKind kind) => Names[(int)kind];

    /// <summary>The event that a change of a chart is; <c>null</c> where it is none.</summary>
    public static WatchEventKind? Of(ChangeKind change) => change switch
    {
        ChangeKind.Opened => WatchEventKind.PortOpened,
        ChangeKind.Closed => WatchEventKind.PortClosed,
        ChangeKind.Owner => WatchEventKind.OwnerChanged,
        ChangeKind.Bind => WatchEventKind.BindChanged,
        ChangeKind.Reach => WatchEventKind.ReachChanged,
        _ => null,
    };
}
