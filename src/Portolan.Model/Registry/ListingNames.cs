namespace Portolan.Model.Registry;

/// <summary>The ports whose first name in the registry is not the service that people run on them.</summary>
/// <remarks>
/// A listing shows one name. IANA's first one is right for all but these, where an older or conflicting registration stands first.
/// The registry entry keeps IANA's order; only <see cref="ServiceRegistry.PrimaryName"/> and <see cref="ServiceEntry.ListingName"/> differ.
/// </remarks>
internal static class ListingNames
{
    /// <summary>Whether this name is shown first for the port.</summary>
    public static bool IsPreferred(PortRange ports, string name) => (ports.First.Value, name) switch
    {
        // "shilp" carries IANA's note "Conflict on 2049!"; NFS is there by RFC 7530 section 3.1.
        (2049, "nfs") => true,

        // RFC 8314 section 7.3 gave 465/tcp to "submissions" beside the older "urd", which is IGMP's URL rendezvous directory.
        (465, "submissions") => true,

        // L2F (RFC 2341) is historic; L2TP took over its port (RFC 2661 section 8.1).
        (1701, "l2tp") => true,
        _ => false,
    };
}
