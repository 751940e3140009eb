namespace Portolan.Sockets.Chart;

/// <summary>Distinguishes datagram sockets that wait for answers (resolvers, QUIC clients) from those that offer a service.</summary>
/// <remarks>
/// UDP has no LISTEN state. The kernel knows whether a program asked for its port or was given one (SOCK_BINDPORT_LOCK);
/// where that is not known, an unregistered port in the ephemeral range that a program holds counts as a client's.
/// </remarks>
public static class ClientPorts
{
    /// <summary>Whether the entry is a client's.</summary>
    public static bool IsClient(in SocketEntry entry, MachineFacts facts)
    {
        if (!MachineFacts.IsDatagram(entry.Protocol) || (entry.Flags & SocketFlags.KernelOwned) != 0)
        {
            return false;
        }

        if (facts.KernelChosenPorts is { } chosen && entry.Cookie != 0)
        {
            return chosen.Contains(entry.Cookie);
        }

        return facts.Ephemeral?.Contains(entry.LocalPortNumber) == true
            && facts.ServiceName(entry.Protocol.Transport()!.Value, entry.LocalPortNumber) is null;
    }
}
