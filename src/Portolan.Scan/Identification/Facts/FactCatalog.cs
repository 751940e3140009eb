using Portolan.Model;
using Portolan.Scan.Identification.Facts.Http;
using Portolan.Scan.Identification.Facts.Mail;
using Portolan.Scan.Identification.Facts.Network;
using Portolan.Scan.Identification.Facts.Smb;
using Portolan.Scan.Identification.Facts.Ssh;
using Portolan.Scan.Identification.Facts.Stores;
using Portolan.Scan.Identification.Facts.Tls;

namespace Portolan.Scan.Identification.Facts;

/// <summary>All facts that are known, in the order in which a port is asked for them.</summary>
public static class FactCatalog
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ServiceFact> All { get; } =
    [
        new HttpTitleFact(),
        new HttpServerHeaderFact(),
        new HttpGeneratorFact(),
        new HttpAuthFact(),
        new HttpMethodsFact(),
        new HttpRobotsFact(),
        new HttpFaviconFact(),
        new HttpGitFact(),
        new SshHostKeyFact(),
        new SshAlgorithmsFact(),
        new SmtpCommandsFact(),
        new ImapCapabilitiesFact(),
        new Pop3CapabilitiesFact(),
        new FtpAnonymousFact(),
        new DnsNsidFact(),
        new DnsRecursionFact(),
        new SmbProtocolsFact(),
        new SmbSecurityModeFact(),
        new SmbNtlmInfoFact(),
        new NbstatFact(),
        new SnmpSysDescrFact(),
        new NtpInfoFact(),
        new RpcInfoFact(),
        new ShowmountFact(),
        new UpnpInfoFact(),
        new LdapRootDseFact(),
        new MySqlInfoFact(),
        new RedisInfoFact(),
        new MemcachedInfoFact(),
        new VncInfoFact(),
        new RtspMethodsFact(),
        new RdpNtlmInfoFact(),
        new SslCertFact(),
        new TlsAlpnFact(),
        new TlsVersionsFact(),
    ];

    /// <summary>
    /// What a port would be if it told one of these facts, where its services keep silent to clients without the word (SNMP's
    /// community); <c>null</c> elsewhere.
    /// </summary>
    public static IdentifiedService? Revealed(ServiceTarget target, IEnumerable<ServiceFact> facts)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target is { Protocol: TransportProtocol.Udp, Port.Value: SnmpSysDescrFact.Port }
            && facts.Any(static fact => fact is SnmpSysDescrFact) ? new IdentifiedService("snmp") : null;
    }

    /// <summary>A service that only its facts reveal (<see cref="Revealed"/>), with what they tell of its protocol.</summary>
    public static IdentifiedService Told(IdentifiedService revealed, IEnumerable<Fact> facts)
    {
        ArgumentNullException.ThrowIfNull(revealed);
        return revealed with { Info = SnmpSysDescrFact.VersionsIn(facts) };
    }

    /// <summary>Those of services over a transport protocol.</summary>
    public static IEnumerable<ServiceFact> Of(TransportProtocol transport) => All.Where(fact => fact.Transports.Contains(transport));
}
