using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// What an operating system knows of a socket beyond what System.Net tells. Optional: without it a check says less and nothing wrong.
/// </summary>
public interface ISocketWitness
{
    /// <summary>Asks the system to keep the ICMP errors of a socket. Call it before connecting.</summary>
    void Prepare(Socket socket);

    /// <summary>Our end of a socket, also while it connects and after that failed; <c>null</c> when none was chosen.</summary>
    (InternetAddress Address, PortNumber Port)? LocalOf(Socket socket);

    /// <summary>
    /// The ICMP error a socket received about what it sent to a target; <c>null</c> when it received none. Takes it from the queue.
    /// </summary>
    IcmpRefusal? TakeRefusal(Socket socket, RemoteSocket remote);

    /// <summary>What the system counted on a TCP socket; <c>null</c> when it does not say.</summary>
    TcpFacts? FactsOf(Socket socket);
}

/// <summary>What a system counts on a TCP socket.</summary>
/// <param name="Retransmissions">Segments that were sent again; while connecting, SYNs.</param>
/// <param name="RoundTrip">The measured round-trip time; zero when there was nothing to measure.</param>
public readonly record struct TcpFacts(int Retransmissions, TimeSpan RoundTrip);
