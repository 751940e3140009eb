namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// A UDP protocol's own first message, and how to know its answer. An empty datagram is thrown away by most services; one in their own
/// words is answered, and the answer proves the service.
/// </summary>
/// <param name="service">The protocol's service name in IANA's registry where it has one.</param>
/// <param name="message">What is sent.</param>
public abstract class UdpPayload(string service, byte[] message)
{
    /// <summary>The protocol's service name in IANA's registry where it has one, such as <c>domain</c>.</summary>
    public string Service { get; } = service;

    /// <summary>What is sent, the same to every host.</summary>
    public ReadOnlyMemory<byte> Message { get; } = message;

    /// <summary>Whether a datagram is this protocol's answer to <see cref="Message"/>, its transaction id included. Never throws.</summary>
    public abstract bool IsReply(ReadOnlySpan<byte> reply);
}
