namespace Portolan.Sockets.Binding;

/// <summary>Why a bind to a port fails, or a fact that a person who wants to bind should know.</summary>
/// <param name="Code">One of <see cref="BindReasonCodes"/>.</param>
/// <param name="Text">One sentence without a full stop. May contain a process name: hostile text.</param>
/// <param name="IsObstacle">Whether it makes some bind fail; otherwise it is worth knowing and no more.</param>
public sealed record BindReason(string Code, string Text, bool IsObstacle);

/// <summary>The reasons' names in the machine format.</summary>
public static class BindReasonCodes
{
    /// <summary>An IPv4 wildcard is bound.</summary>
    public const string Wildcard = "wildcard";

    /// <summary>One address is bound.</summary>
    public const string Specific = "specific";

    /// <summary>An IPv6 wildcard is bound that takes IPv4 too.</summary>
    public const string DualStack = "dual-stack";

    /// <summary>An IPv6 wildcard is bound that takes IPv6 only.</summary>
    public const string V6Only = "v6-only";

    /// <summary>Connections of the past keep the port.</summary>
    public const string TimeWait = "time-wait";

    /// <summary>Connections that no process holds are still closing.</summary>
    public const string Closing = "closing";

    /// <summary>Connections use it as their local port.</summary>
    public const string Connection = "connection";

    /// <summary>The address is not one of this machine.</summary>
    public const string NoAddress = "no-address";

    /// <summary>Privilege is needed.</summary>
    public const string Privileged = "privileged";

    /// <summary>ip_local_reserved_ports lists it.</summary>
    public const string Reserved = "reserved";

    /// <summary>It lies in the ephemeral range.</summary>
    public const string Ephemeral = "ephemeral";

    /// <summary>Another network namespace holds it.</summary>
    public const string OtherNamespace = "other-namespace";
}
