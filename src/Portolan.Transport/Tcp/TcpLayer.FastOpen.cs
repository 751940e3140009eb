using Portolan.Packets;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp.Core;
using Portolan.Transport.Tcp.FastOpen;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

// Fast Open at listeners (RFC 7413 section 4.2.2): cookies are given, and a good one opens a connection before its handshake is done.
internal sealed partial class TcpLayer
{
    private readonly FastOpenCookies _fastOpenCookies;

    /// <summary>Looks at the option of a SYN.</summary>
    /// <param name="queue">Of its listener.</param>
    /// <param name="half">What would be half-open.</param>
    /// <param name="arrival">Whence it came.</param>
    /// <param name="segment">The SYN.</param>
    /// <param name="given">The cookie for an ordinary SYN-ACK; <c>null</c> for none.</param>
    /// <returns>Whether it has been dealt with.</returns>
    private bool TryOpenByCookie(
        FastOpenQueue queue, in HalfOpenConnection half, in IpArrival arrival, in IncomingSegment segment, out FastOpenCookie? given)
    {
        given = null;
        var values = segment.Segment.Options.Read();
        if (!values.Has(TcpOptionSet.FastOpen) || segment.IsFin || !Profile.UsesFastOpen)
        {
            return false;
        }

        var cookie = new FastOpenCookie(values.FastOpenCookie);
        if (cookie.Length == 0)
        {
            Counters.FastOpenCookiesRequested++;
            given = _fastOpenCookies.Make(arrival.Destination, arrival.Source, Now);
            return false;
        }

        if (!queue.HasRoom(Now))
        {
            // RFC 7413 section 5.1: the handshake comes first then.
            Counters.FastOpenListenOverflow++;
            return false;
        }

        var verdict = _fastOpenCookies.Judge(arrival.Destination, arrival.Source, cookie, Now);
        if (verdict != FastOpenVerdict.Good)
        {
            given = _fastOpenCookies.Make(arrival.Destination, arrival.Source, Now);
        }

        if (verdict == FastOpenVerdict.Invalid)
        {
            // RFC 7413 section 4.2.2: its text is not acknowledged, and a good cookie comes with the SYN-ACK.
            Counters.FastOpenPassiveFailed++;
            return false;
        }

        if (!_output.TryFindPath(arrival.Destination, arrival.Source, half.Interface, out var path))
        {
            Counters.Drop(TcpDrop.NoPath);
            return true;
        }

        if (Take(half, path, arrival, segment) is not { } connection)
        {
            Counters.FastOpenPassiveFailed++;
            return true;
        }

        queue.Begin();
        Counters.FastOpenPassive++;
        Counters.FastOpenOldCookies += verdict == FastOpenVerdict.Old ? 1 : 0;
        var opening = new FastOpening { Queue = queue, HasOption = given is not null, Cookie = given ?? default };
        connection.Core.OpenByCookie(AgreementOf(half), segment, opening, Now);
        if (!connection.IsForgotten)
        {
            half.Listener.Offer(connection);
        }

        return true;
    }
}
