using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Reads masscan's list (<c>-oL</c>): <c>open tcp 80 198.18.0.1 1700000000</c>.</summary>
internal static class ListResult
{
    /// <summary>Reads a file.</summary>
    public static void Read(ResultLines lines, IResultSink sink)
    {
        var hosts = new HostCollector();
        var isComplete = false;
        DateTimeOffset? startedAt = null;
        while (lines.Next() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                isComplete |= line is "# end";
                continue;
            }

            var words = line.Split(' ', 7, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 4 || !InternetAddress.TryParse(words[3], out var address) || !PortNumber.TryParse(words[2], out var port))
            {
                lines.Fault("not a line of masscan's list: state, protocol, port, address");
            }
            else if (words[0] == "banner" && words.Length == 7 && TransportProtocolNames.TryParse(words[1], out var spoken))
            {
                hosts.Add(address, MasscanPorts.Banner(spoken, port, words[6]));
            }
            else if (words[0] is not ("banner" or "comment") && TransportProtocolNames.TryParse(words[1], out var protocol))
            {
                if (PortStateNames.TryParse(words[0], out var state))
                {
                    hosts.Add(address, MasscanPorts.Of(protocol, port, state, ReplyReason.UnknownResponse));
                    startedAt ??= MasscanPorts.TimeOf(words.ElementAtOrDefault(4));
                }
                else
                {
                    lines.Fault("the state is neither open nor closed");
                }
            }
        }

        MasscanHead.Tell(hosts, isComplete, sink, startedAt);
    }
}
