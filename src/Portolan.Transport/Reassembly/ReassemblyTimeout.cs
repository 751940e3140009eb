using Portolan.Model;

namespace Portolan.Transport.Reassembly;

/// <summary>A packet whose fragments did not all come in time.</summary>
/// <param name="Source">Its sender.</param>
/// <param name="Destination">Its receiver.</param>
/// <param name="MustReport">
/// Whether to send ICMP time exceeded, code 1: its first fragment came (RFC 792, RFC 8200 section 4.5), and neither a group nor nobody
/// would be answered (RFC 1122 section 3.2.2, RFC 4443 section 2.4). That the destination is the broadcast address of a network only the
/// caller knows.
/// </param>
/// <param name="QuoteLength">Bytes of the first fragment that were written for the quote; 0 when there is nothing to report.</param>
internal readonly record struct ReassemblyTimeout(InternetAddress Source, InternetAddress Destination, bool MustReport, int QuoteLength);
