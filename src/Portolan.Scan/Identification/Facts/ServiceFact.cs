using Portolan.Model;

namespace Portolan.Scan.Identification.Facts;

/// <summary>One thing that services of a kind tell a caller that asks (<c>-sC</c>): what is asked, and how the answer is read.</summary>
/// <remarks>
/// Stateless; one object serves all ports at once. It asks: it changes nothing, stores nothing, and logs in only as
/// <see cref="Credentials"/> says.
/// </remarks>
public abstract class ServiceFact
{
    /// <summary>Makes the fact.</summary>
    /// <param name="id">Its name: that of nmap's script where the fact is the same.</param>
    /// <param name="asks">What it asks, in a few words.</param>
    /// <param name="services">The protocols that it is asked of, by <see cref="IdentifiedService.Protocol"/>.</param>
    protected ServiceFact(string id, string asks, params ReadOnlySpan<string> services) =>
        (Id, Asks, Services) = (id, asks, services.ToArray());

    /// <summary>Its name: that of nmap's script where the fact is the same.</summary>
    public string Id { get; }

    /// <summary>What it asks, in a few words.</summary>
    public string Asks { get; }

    /// <summary>The protocols that it is asked of; <c>ssl</c> is whatever speaks TLS.</summary>
    public IReadOnlyList<string> Services { get; }

    /// <summary>Over which transport protocols.</summary>
    public virtual IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Tcp];

    /// <summary>The name and password that it uses; <c>null</c> for none, as nearly all do.</summary>
    public virtual string? Credentials => null;

    /// <summary>It opens no connection: it reads what the service said when it was identified.</summary>
    public virtual bool OnlyReads => false;

    /// <summary>Where the certificate was seen when the service was identified, it opens no connection.</summary>
    public virtual bool ReadsCertificate => false;

    /// <summary>It needs OpenSSL's library, for TLS or for a hash: where that is missing .NET ends the program.</summary>
    public virtual bool NeedsOpenSsl => false;

    /// <summary>All bytes that it ever sends over a transport protocol.</summary>
    public virtual IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [];

    /// <summary>Whether a service is asked.</summary>
    public virtual bool Fits(IdentifiedService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return Services.Contains(service.Protocol);
    }

    /// <summary>Asks the service for this fact.</summary>
    /// <param name="context">The port, and the ways to it.</param>
    /// <returns>The fact; <c>null</c> where the service does not tell it.</returns>
    public abstract Task<Fact?> AskAsync(FactContext context);
}
