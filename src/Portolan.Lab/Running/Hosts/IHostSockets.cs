using Portolan.Lab.Running.Wire;

namespace Portolan.Lab.Running.Hosts;

/// <summary>What a gate asks the stack behind it.</summary>
internal interface IHostSockets
{
    /// <summary>
    /// Whether somebody of the host wants a packet, whatever the policy of its port: it belongs to a connection that there is, or a program
    /// such as a listener for data has the port. A connection in TIME-WAIT is over for who asks for another.
    /// </summary>
    bool Wants(in PacketHeads packet);

    /// <summary>
    /// Whether a TCP segment meets a listener of its address or a connection, so that no RST refuses it. Unlike <see cref="Wants"/> a port
    /// that is bound only does not count.
    /// </summary>
    bool Hears(in PacketHeads packet);
}
