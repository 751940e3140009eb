using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>How protocols join multicast groups. One thread at a time.</summary>
internal interface IIpGroups
{
    /// <summary>Joins a group on an interface; every join needs its own <see cref="Leave"/>. Routers are told by IGMPv3 or MLDv2.</summary>
    /// <param name="interfaceNumber">The interface, or 0 for the one that packets to the group would leave by.</param>
    /// <param name="group">The group.</param>
    /// <param name="joined">The number of the interface that it was joined on.</param>
    /// <returns>False when it is no group, or there is no such interface.</returns>
    bool TryJoin(int interfaceNumber, InternetAddress group, out int joined);

    /// <summary>Leaves a group.</summary>
    void Leave(int interfaceNumber, InternetAddress group);
}
