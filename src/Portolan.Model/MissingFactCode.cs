namespace Portolan.Model;

/// <summary>What a <see cref="MissingFact"/> is about. docs/missing.md has them all.</summary>
public enum MissingFactCode
{
    /// <summary>The sockets of a protocol: neither netlink nor /proc/net shows them. Has protocol and namespace.</summary>
    SocketsUnread,

    /// <summary>
    /// Some sockets of a protocol, or some are listed twice: the kernel's table changed during each read. Has protocol and namespace.
    /// </summary>
    SocketsTorn,

    /// <summary>Some sockets of a protocol: the kernel's answer broke off. Has protocol and namespace.</summary>
    SocketsCutOff,

    /// <summary>Some sockets of a protocol, which the kernel describes in an unknown form. Has protocol and namespace.</summary>
    SocketsNotUnderstood,

    /// <summary>TCP sockets that are bound but idle. Has protocol and namespace.</summary>
    IdleSockets,

    /// <summary>The backlogs of TCP listeners, and whether those on :: accept IPv4 too. Has protocol and namespace.</summary>
    ListenerDetails,

    /// <summary>Byte counts and round-trip times of TCP sockets. Has protocol and namespace.</summary>
    TcpCounters,

    /// <summary>Which other network namespaces there are.</summary>
    NamespacesUnlisted,

    /// <summary>The sockets of other network namespaces, which cannot be entered.</summary>
    NamespacesClosed,

    /// <summary>The network namespaces of processes that /proc hides.</summary>
    NamespacesOfHiddenProcesses,

    /// <summary>Sockets of a lab beyond the most that a listing has.</summary>
    LabSocketsLeftOut,

    /// <summary>Something that a lab says is missing, by a code that this version does not know.</summary>
    LabSocketsOther,

    /// <summary>The owners of some sockets or ports.</summary>
    OwnersHidden,

    /// <summary>Whether some sockets match the filter: what it asks for is hidden.</summary>
    FilterUndecided,

    /// <summary>The firewall's rules, which this command did not read.</summary>
    RulesNotAsked,

    /// <summary>
    /// The firewall's rules: the kernel shows them only with CAP_NET_ADMIN. Has the namespace where it is not the caller's own.
    /// </summary>
    RulesNeedPrivilege,

    /// <summary>The firewall's rules: the kernel refused or its answer broke off.</summary>
    RulesUnread,

    /// <summary>The firewall's rules of a network namespace that cannot be entered. Has the namespace.</summary>
    RulesNamespaceClosed,

    /// <summary>The firewall's rules at one moment: they changed during each read.</summary>
    RulesTorn,

    /// <summary>One kind of the firewall's things, such as its chains.</summary>
    RulesPartUnread,

    /// <summary>A table, chain, rule, set, object or flowtable of the firewall in an unknown form.</summary>
    RulesNotUnderstood,

    /// <summary>The elements of a set of nftables.</summary>
    SetElements,

    /// <summary>Which tables iptables-legacy or ip6tables-legacy has.</summary>
    LegacyTablesUnlisted,

    /// <summary>A table of iptables-legacy or ip6tables-legacy.</summary>
    LegacyTableUnread,

    /// <summary>A table of iptables-legacy or ip6tables-legacy in an unknown form.</summary>
    LegacyTableNotUnderstood,

    /// <summary>The tables of arptables-legacy, which decide on ARP only.</summary>
    ArpTables,

    /// <summary>The sets of ipset.</summary>
    IpSetsUnread,

    /// <summary>Some sets of ipset in an unknown form.</summary>
    IpSetsNotUnderstood,

    /// <summary>The elements of a set of ipset, of a type that is unknown.</summary>
    IpSetElements,

    /// <summary>Interfaces, addresses, routes and policy rules: there is no netlink to ask.</summary>
    RoutingUnread,

    /// <summary>Network interfaces.</summary>
    InterfacesUnread,

    /// <summary>Addresses of interfaces.</summary>
    AddressesUnread,

    /// <summary>The routing tables of a network namespace (RTM_GETROUTE).</summary>
    RoutesUnread,

    /// <summary>Next hops of routes.</summary>
    NextHopsUnread,

    /// <summary>Policy routing rules.</summary>
    PolicyRulesUnread,

    /// <summary>A setting of the network below /proc/sys/net.</summary>
    NetworkSetting,

    /// <summary>Who can reach some ports, or one that was asked about: not judged in time.</summary>
    ReachNotInTime,

    /// <summary>Notes below some ports: not judged in time.</summary>
    NotesNotInTime,

    /// <summary>Some ports that rules forward: not judged in time.</summary>
    ForwardedPortsNotInTime,

    /// <summary>What the firewall allows on each port: not judged in time.</summary>
    AllowedPortsNotInTime,

    /// <summary>Whether rules stop neighbour discovery: not judged in time.</summary>
    NeighbourDiscoveryNotInTime,

    /// <summary>Ports that rules forward, beyond the most that are judged.</summary>
    ForwardedPortsCut,

    /// <summary>Whether rules forward a port.</summary>
    PortForwards,

    /// <summary>Which rules of a chain never match: the chain is too long.</summary>
    ShadowedRulesCut,

    /// <summary>Ports in maps, and rules that never match: there are too many rules.</summary>
    RulePortsCut,

    /// <summary>Every call that sends or receives: the kernel's tracepoints could not be used.</summary>
    CallsUncounted,

    /// <summary>The bytes of datagram sockets: polling cannot count them. Has the protocol.</summary>
    DatagramBytes,

    /// <summary>Calls or connections that the counting program missed.</summary>
    CallsLost,

    /// <summary>The kernel's reports of connections that ended.</summary>
    ClosingReportsLost,

    /// <summary>The last bytes of connections whose end the kernel did not report.</summary>
    ClosingReportsAbsent,

    /// <summary>Connections that began and ended between two looks.</summary>
    ConnectionsUnseen,

    /// <summary>How the services of a network namespace answer. Has the namespace.</summary>
    ServicesInNamespace,

    /// <summary>What a store's log has: it can be neither shared nor copied, so only the file itself was read.</summary>
    StoreLog,

    /// <summary>What could not be read of a damaged store when it was copied.</summary>
    StoreDamage,

    /// <summary>What is stored: the store cannot be opened or read.</summary>
    StoreUnread,

    /// <summary>A kind of change that the kernel does not report, so only a look finds it.</summary>
    ChangesUnheard,
}

/// <summary>Names of the codes, and what follows from them.</summary>
public static class MissingFactCodes
{
    private static readonly string[] Names =
    [
        "sockets-unread",
        "sockets-torn",
        "sockets-cut-off",
        "sockets-not-understood",
        "idle-sockets",
        "listener-details",
        "tcp-counters",
        "namespaces-unlisted",
        "namespaces-closed",
        "namespaces-of-hidden-processes",
        "lab-sockets-left-out",
        "lab-sockets-other",
        "owners-hidden",
        "filter-undecided",
        "rules-not-asked",
        "rules-need-privilege",
        "rules-unread",
        "rules-namespace-closed",
        "rules-torn",
        "rules-part-unread",
        "rules-not-understood",
        "set-elements",
        "legacy-tables-unlisted",
        "legacy-table-unread",
        "legacy-table-not-understood",
        "arp-tables",
        "ip-sets-unread",
        "ip-sets-not-understood",
        "ip-set-elements",
        "routing-unread",
        "interfaces-unread",
        "addresses-unread",
        "routes-unread",
        "next-hops-unread",
        "policy-rules-unread",
        "network-setting",
        "reach-not-in-time",
        "notes-not-in-time",
        "forwarded-ports-not-in-time",
        "allowed-ports-not-in-time",
        "neighbour-discovery-not-in-time",
        "forwarded-ports-cut",
        "port-forwards",
        "shadowed-rules-cut",
        "rule-ports-cut",
        "calls-uncounted",
        "datagram-bytes",
        "calls-lost",
        "closing-reports-lost",
        "closing-reports-absent",
        "connections-unseen",
        "services-in-namespace",
        "store-log",
        "store-damage",
        "store-unread",
        "changes-unheard",
    ];

    /// <summary>The name in the machine formats, such as <c>sockets-unread</c>.</summary>
    public static string Name(this MissingFactCode code) => Names[(int)code];

    /// <summary>Reads a name of the machine formats.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MissingFactCode code)
    {
        for (var index = 0; index < Names.Length; index++)
        {
            if (text.SequenceEqual(Names[index]))
            {
                code = (MissingFactCode)index;
                return true;
            }
        }

        code = default;
        return false;
    }

    /// <summary>Whether sockets of a protocol are missing, so that a port without a listener need not be closed.</summary>
    public static bool HidesSockets(this MissingFactCode code) => code
        is MissingFactCode.SocketsUnread or MissingFactCode.SocketsTorn or MissingFactCode.SocketsCutOff
        or MissingFactCode.SocketsNotUnderstood;
}

/// <summary>Something that could not be learned: a code for programs, and for people what, and why with the remedy.</summary>
/// <param name="Code">What it is. Only this says what follows from it.</param>
/// <param name="What">The same for people.</param>
/// <param name="Why">Why, with the remedy, for people.</param>
public sealed record MissingFact(MissingFactCode Code, string What, string Why)
{
    /// <summary>The protocol whose sockets it is about; <c>null</c> where it is about no single one.</summary>
    public SocketProtocol? Protocol { get; init; }

    /// <summary>The network namespace that it is about; <c>null</c> for the caller's own, and where it is about no single one.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>
    /// Whether it leaves open only what names it, such as the elements of a set, or nothing that is judged. Else nothing is sure without
    /// it.
    /// </summary>
    public bool IsNarrow { get; init; }
}
