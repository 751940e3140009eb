using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Reads zmap's CSV: with a line of names that has <c>saddr</c>, or one address a line.</summary>
internal static class CsvResult
{
    /// <summary>Reads a file.</summary>
    /// <param name="lines">The file.</param>
    /// <param name="options">Without a column <c>sport</c> the port is the one that was given.</param>
    /// <param name="sink">Receives the result.</param>
    /// <exception cref="PortolanException">There is neither such a column nor one port given.</exception>
    public static void Read(ResultLines lines, ResultOptions options, IResultSink sink)
    {
        var hosts = new HostCollector();
        var columns = new Columns();
        while (lines.Next() is { } line)
        {
            var fields = line.Split(',');
            for (var i = 0; i < fields.Length; i++)
            {
                fields[i] = fields[i].Trim(' ', '"');
            }

            if (line.Length == 0 || line[0] == '#' || columns.TryName(fields))
            {
                continue;
            }

            if (columns.Address >= fields.Length || !InternetAddress.TryParse(fields[columns.Address], out var address))
            {
                lines.Fault("no address where zmap writes one (saddr)");
                continue;
            }

            var protocol = columns.Protocol(fields, options);
            if (!columns.TryPort(fields, options, protocol, out var port))
            {
                throw new PortolanException(
                    $"{options.File} does not contain the scanned port",
                    $"give it with --ports, or let zmap write it: --output-fields saddr,sport", ExitCode.Usage);
            }

            hosts.Add(address, protocol, port, columns.State(fields), ReplyReason.UnknownResponse);
        }

        MasscanHead.Tell(hosts, isComplete: true, sink);
    }

    private sealed class Columns
    {
        private int _port = -1;
        private int _class = -1;
        private int _success = -1;

        public int Address { get; private set; }

        /// <summary>Whether the fields are the names of columns.</summary>
        public bool TryName(string[] fields)
        {
            var address = Array.IndexOf(fields, "saddr");
            if (address < 0)
            {
                return false;
            }

            (Address, _port, _class, _success) = (address, Array.IndexOf(fields, "sport"), Array.IndexOf(fields, "classification"),
                Array.IndexOf(fields, "success"));
            return true;
        }

        public TransportProtocol Protocol(string[] fields, ResultOptions options) =>
            Field(fields, _class) is "udp" or "port-unreach" || (_port < 0 && options.TcpPorts is null && options.UdpPorts is not null)
                ? TransportProtocol.Udp
                : TransportProtocol.Tcp;

        public bool TryPort(string[] fields, ResultOptions options, TransportProtocol protocol, out PortNumber port)
        {
            if (Field(fields, _port) is { } text && PortNumber.TryParse(text, out port))
            {
                return true;
            }

            port = default;
            var given = protocol == TransportProtocol.Udp ? options.UdpPorts : options.TcpPorts;
            return given is { Count: 1 } && given.TryNext(default, out port);
        }

        // zmap's words: synack, rst, udp; success is 1 for an open port.
        public PortState State(string[] fields) => (Field(fields, _class), Field(fields, _success)) switch
        {
            ("rst", _) => PortState.Closed,
            ("port-unreach", _) => PortState.Closed,
            (null, "0" or "false") => PortState.Closed,
            _ => PortState.Open,
        };

        private static string? Field(string[] fields, int column) => column >= 0 && column < fields.Length ? fields[column] : null;
    }
}
