namespace Portolan.Model.Registry;

/// <summary>IANA's three categories in words (RFC 6335 section 6).</summary>
public static class PortCategories
{
    /// <summary>All three.</summary>
    public static IReadOnlyList<PortCategory> All { get; } = [PortCategory.System, PortCategory.User, PortCategory.Dynamic];

    /// <summary>The name as IANA writes it, in text and in the machine formats.</summary>
    public static string Name(PortCategory category) => category switch
    {
        PortCategory.System => "System",
        PortCategory.User => "User",
        _ => "Dynamic",
    };

    /// <summary>What people commonly call it.</summary>
    public static string CommonName(PortCategory category) => category switch
    {
        PortCategory.System => "well-known",
        PortCategory.User => "registered",
        _ => "private, never assigned",
    };

    /// <summary>The first and the last port of a category (RFC 6335 section 6).</summary>
    public static PortRange Ports(PortCategory category) => category switch
    {
        PortCategory.System => new(new(0), new(1023)),
        PortCategory.User => new(new(1024), new(49151)),
        _ => new(new(49152), new(65535)),
    };
}
