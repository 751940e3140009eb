namespace Portolan.Cli.Live;

/// <summary>How the rows of the live screen are sorted.</summary>
internal enum LiveOrder
{
    /// <summary>By who can reach them, as in the chart.</summary>
    Reach,

    /// <summary>By port.</summary>
    Port,

    /// <summary>By owner.</summary>
    Owner,

    /// <summary>Those with the most connections first.</summary>
    Connections,

    /// <summary>What changed last first.</summary>
    Changes,
}

/// <summary>Words and comparisons of <see cref="LiveOrder"/>.</summary>
internal static class LiveOrders
{
    /// <summary>The order behind this one.</summary>
    public static LiveOrder Next(this LiveOrder order) => order == LiveOrder.Changes ? LiveOrder.Reach : order + 1;

    /// <summary>The word for it on the screen.</summary>
    public static string Word(this LiveOrder order) => order switch
    {
        LiveOrder.Reach => "reach",
        LiveOrder.Port => "port",
        LiveOrder.Owner => "owner",
        LiveOrder.Connections => "connections",
        _ => "changes",
    };

    /// <summary>Compares two rows by their places.</summary>
    public static int Compare(this LiveOrder order, LiveRow x, LiveRow y)
    {
        var (a, b) = (x.Place, y.Place);
        var first = order switch
        {
            LiveOrder.Reach => a.Group.CompareTo(b.Group),
            LiveOrder.Owner => string.CompareOrdinal(a.Owner.Name, b.Owner.Name),
            LiveOrder.Connections => b.Connections.CompareTo(a.Connections),
            LiveOrder.Changes => Nullable.Compare(y.Since, x.Since),
            _ => 0,
        };
        return first != 0 ? first : ByPort(x, y);
    }

    private static int ByPort(LiveRow x, LiveRow y)
    {
        var (a, b) = (x.Key, y.Key);
        var spaces = x.Place.IsOwnNamespace == y.Place.IsOwnNamespace ? a.Namespace.CompareTo(b.Namespace)
            : x.Place.IsOwnNamespace ? -1 : 1;
        return spaces != 0 ? spaces
            : a.Port != b.Port ? a.Port.CompareTo(b.Port)
            : a.Protocol != b.Protocol ? a.Protocol.CompareTo(b.Protocol)
            : string.CompareOrdinal(a.Owner, b.Owner) is not 0 and var owner ? owner
            : a.Ordinal.CompareTo(b.Ordinal);
    }
}
