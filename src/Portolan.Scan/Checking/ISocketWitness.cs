using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>What an operating system knows of a socket beyond what System.Net tells. Optional: without it a check says less and nothing wrong.</summary>
public interface ISocketWitness
{
    /// <summary>Asks the system to keep the ICMP errors of a socket. Call it before connecting.</summary>
    void Prepare(Socket socket);

    /// <summary>Our end of a socket, also while it connects and after that failed; <c>null</c> when none was chosen.</summary>
    (InternetAddress Address, PortNumber Port)? LocalOf(Socket socket);

    /// <summary>The ICMP error a socket received; <c>null</c> when it received none. Takes it from the queue.</summary>
    IcmpRefusal? TakeRefusal(Socket socket);

    /// <summary>How often a TCP socket sent anything again; <c>null</c> when unknown.</summary>
    int? RetransmissionsOf(Socket socket);
}
