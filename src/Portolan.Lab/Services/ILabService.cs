namespace Portolan.Lab.Services;

/// <summary>
/// A service that hosts of a lab can have. One file for each; named once in <see cref="ServiceCatalogue"/>. It holds no state of a
/// connection.
/// </summary>
public interface ILabService
{
    /// <summary>Its name in a topology, such as <c>http</c>: IANA's where there is one.</summary>
    string Name { get; }

    /// <summary>What it does, in a few words, for people.</summary>
    string Summary { get; }

    /// <summary>The port it is expected on, which is what a topology means that names the port alone; <c>null</c> when none is.</summary>
    PortNumber? UsualPort { get; }

    /// <summary>What it can be told.</summary>
    IReadOnlyList<ServiceSetting> Settings { get; }

    /// <summary>
    /// Whether part of its work is done on other threads than the lab's, as Kestrel and TLS do. Virtual time waits for them.
    /// </summary>
    bool UsesOtherThreads => false;
}

/// <summary>Something a service can be told.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it does and what it is when it is not told.</param>
public sealed record ServiceSetting(string Name, string Summary)
{
    /// <summary>Finds what is wrong with a value: the rest of the sentence "banner …"; <c>null</c> when nothing is.</summary>
    public Func<string, string?>? Check { get; init; }
}

/// <summary>A service over TCP.</summary>
public interface IStreamService : ILabService
{
    /// <summary>Whether the client speaks first, so that a connection without data stays silent.</summary>
    bool ClientSpeaksFirst { get; }

    /// <summary>
    /// Speaks with one client until either is done. It may run on the lab's own thread and must not block; all waiting is by <c>await</c>,
    /// all time by <see cref="ServiceHost.Time"/>.
    /// </summary>
    /// <param name="stream">The connection: a <c>TcpStream</c>, or a TLS stream over one. The caller disposes it.</param>
    /// <param name="call">Who calls whom.</param>
    /// <param name="cancellationToken">The lab ends.</param>
    Task ServeAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken);
}

/// <summary>A service over UDP.</summary>
public interface IDatagramService : ILabService
{
    /// <summary>Answers a datagram.</summary>
    /// <param name="request">It.</param>
    /// <param name="call">Who calls whom.</param>
    /// <param name="reply">Room for the answer, 65,507 bytes.</param>
    /// <param name="length">Bytes of the answer.</param>
    /// <returns>False when there is none.</returns>
    bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length);
}

/// <summary>
/// A service over UDP that hears also what is sent to all of its network, and says itself where its answers go: to all, when who asks has
/// no address yet.
/// </summary>
public interface IBroadcastService : IDatagramService
{
    /// <summary>Where an answer goes.</summary>
    /// <param name="reply">It, as <see cref="IDatagramService.TryAnswer"/> wrote it.</param>
    /// <param name="call">Who called whom.</param>
    System.Net.IPEndPoint DestinationOf(ReadOnlySpan<byte> reply, ServiceCall call);
}

/// <summary>
/// A service that has something to do before its first client comes, such as a name server that takes its zone from another.
/// </summary>
public interface IStartingService : ILabService
{
    /// <summary>
    /// Whether that cannot wait until somebody speaks to its host. Such a host has its stack from the start, which costs memory.
    /// </summary>
    /// <param name="service">The service as the topology has it.</param>
    bool WakesHost(Topology.ServiceSpec service);

    /// <summary>
    /// Begins, once for each host and port, when the host has its stack, and ends when it is ready or has tried: a command of the lab waits
    /// for that a moment. What others are needed for and did not give may come later; it does not fail.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="service">The service as the topology has it.</param>
    /// <param name="cancellationToken">The lab ends.</param>
    Task StartAsync(ServiceHost host, Topology.ServiceSpec service, CancellationToken cancellationToken);
}
