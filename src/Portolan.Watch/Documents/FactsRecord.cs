using System.Text.Json.Serialization;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Documents;

/// <summary>
/// What is known of a port besides its state, as members of other records. What is not known is <c>null</c>. Hostile text.
/// </summary>
public abstract record FactsRecord
{
    private protected FactsRecord(Endpoint? facts)
    {
        Service = ServiceFactsRecord.Of(facts?.Service);
        Certificate = CertificateFactsRecord.Of(facts?.Certificate);
        Banner = facts?.Banner;
        Owner = facts?.Owner;
        Binds = facts?.Binds?.Addresses;
        Exposure = facts?.Reach?.Exposure;
        Rule = facts?.Reach?.Rule;
    }

    /// <summary>What answers there.</summary>
    [JsonPropertyOrder(1)]
    public ServiceFactsRecord? Service { get; }

    /// <summary>The TLS certificate; <c>null</c> where none was seen.</summary>
    [JsonPropertyOrder(1)]
    public CertificateFactsRecord? Certificate { get; }

    /// <summary>What it says first.</summary>
    [JsonPropertyOrder(1)]
    public string? Banner { get; }

    /// <summary>Of a chart, who holds it.</summary>
    [JsonPropertyOrder(1)]
    public string? Owner { get; }

    /// <summary>Of a chart, the addresses it is bound to.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<string>? Binds { get; }

    /// <summary>Of a chart, who can reach it.</summary>
    [JsonPropertyOrder(1)]
    public string? Exposure { get; }

    /// <summary>Of a chart, the rule that decides.</summary>
    [JsonPropertyOrder(1)]
    public string? Rule { get; }
}

/// <summary>What answers on a port. Hostile text.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Tunnel"><c>ssl</c> inside TLS, or <c>null</c>.</param>
/// <param name="Product">The product, or <c>null</c>.</param>
/// <param name="Version">Its version, or <c>null</c>.</param>
/// <param name="Info">The rest, or <c>null</c>.</param>
public sealed record ServiceFactsRecord(string Protocol, string? Tunnel, string? Product, string? Version, string? Info)
{
    /// <summary>A service as documents have it.</summary>
    public static ServiceFactsRecord? Of(ServiceFacts? service) => service is null ? null
        : new ServiceFactsRecord(service.Name, service.Tunnel, service.Product, service.Version, service.Info);
}

/// <summary>A certificate. Hostile text.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="Issuer">Its issuer; <c>null</c> where that is not known.</param>
/// <param name="NotBefore">From when, UTC; <c>null</c> where that is not known.</param>
/// <param name="NotAfter">Until when, UTC; <c>null</c> where that is not known.</param>
public sealed record CertificateFactsRecord(string Subject, string? Issuer, DateTime? NotBefore, DateTime? NotAfter)
{
    /// <summary>A certificate as documents have it.</summary>
    public static CertificateFactsRecord? Of(CertificateDates? certificate) => certificate is null ? null : new CertificateFactsRecord(
        certificate.Subject, certificate.Issuer, certificate.NotBefore?.UtcDateTime, certificate.NotAfter?.UtcDateTime);
}
