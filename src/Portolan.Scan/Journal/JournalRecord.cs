namespace Portolan.Scan.Journal;

/// <summary>What a record of a journal says. The values are in files and never change.</summary>
internal enum JournalRecord : byte
{
    /// <summary>A group of hosts begins: when.</summary>
    GroupBegun = 1,

    /// <summary>A host's status: host, status, reason, TTL, Ethernet address or none.</summary>
    Host = 2,

    /// <summary>A port's result: host, port, state and reason, TTL, evidence, who said so or none.</summary>
    Port = 3,

    /// <summary>Discovery is over: hosts without a status are down.</summary>
    Discovered = 4,

    /// <summary>A host's reverse name: host, text.</summary>
    Name = 5,

    /// <summary>All names are known that there are.</summary>
    Named = 6,

    /// <summary>The order of the port stage is laid down over the hosts that are up now.</summary>
    PortStage = 7,

    /// <summary>How far the stage is: pass, position.</summary>
    Cursor = 8,

    /// <summary>More of a host, at its group's end: host, flags, round-trip times or none.</summary>
    HostEnd = 9,

    /// <summary>The group is reported: when.</summary>
    GroupEnded = 10,

    /// <summary>The run's counts so far, and how long it ran.</summary>
    Balance = 11,

    /// <summary>A port could not be probed, at its group's end: host, port.</summary>
    Unprobed = 12,

    /// <summary>A host could not be asked whether it is up: host.</summary>
    HostUnprobed = 13,

    /// <summary>What a port's service said first: host, port, bytes.</summary>
    Banner = 14,

    /// <summary>What a port is: host, port, outcome, what it took, what it said, and where it is known its facts.</summary>
    Service = 16,

    /// <summary>All ports of the group are judged; what follows are traces.</summary>
    Probed = 17,

    /// <summary>The way to a host: host, packets, hops, where probes to filtered ports end.</summary>
    Trace = 18,

    /// <summary>The facts that a port's service told: host, port, each with its name, its lines and its fields.</summary>
    Facts = 19,

    /// <summary>The part of the run's counts that is not the ports' own; follows the counts.</summary>
    Beside = 20,

    /// <summary>What was counted of losses so far, in the stages that are over and in the one that runs; follows the counts.</summary>
    Losses = 15,
}
