using Portolan.Fleet.Broker;

namespace Portolan.Fleet.Agent;

/// <summary>The settings of an agent, which lie on its own machine.</summary>
/// <param name="Zone">The part of the network that it sees.</param>
/// <param name="Broker">Where its work comes from; the agent opens no other connection to the fleet, and listens on nothing.</param>
/// <param name="Scope">What it may probe.</param>
public sealed record AgentSettings(string Zone, BrokerAddress Broker, AgentScope Scope)
{
    /// <summary>Its name in the fleet: that of its user at the broker, which vouches for it.</summary>
    public string Name => Broker.User;

    /// <summary>The program's version, for the coordinator's lists.</summary>
    public string Program { get; init; } = "";

    /// <summary>How long a piece takes: after each, what was found is safe.</summary>
    public TimeSpan Piece { get; init; } = TimeSpan.FromSeconds(30);
}
