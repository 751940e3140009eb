using Portolan.Scan.Names;

namespace Portolan.Scan.Checking;

/// <summary>Says in a few words where a name's addresses came from.</summary>
internal static class NameWords
{
    /// <summary>Such as <c>192.0.2.53 over UDP</c> or <c>/etc/hosts</c>.</summary>
    public static string Source(NameAnswer answer)
    {
        foreach (var step in answer.Steps)
        {
            switch (step)
            {
                case HostsFileStep hosts:
                    return hosts.Path;
                case SystemStep:
                    return "this system's resolver";
                case DnsStep { Outcome: DnsOutcome.Answered } dns:
                    return $"{dns.Server} over {(dns.Carrier == DnsCarrier.Udp ? "UDP" : "TCP, after a truncated answer over UDP")}";
            }
        }

        return answer.Steps.Count == 0 ? "RFC 6761, without asking" : "no server";
    }
}
