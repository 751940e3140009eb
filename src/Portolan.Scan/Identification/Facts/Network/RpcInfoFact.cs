using System.Buffers.Binary;
using System.Text;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>The programs that a port mapper knows: number, versions, protocol and port (RFC 1833 section 3).</summary>
internal sealed class RpcInfoFact() : RpcFact(
    "rpcinfo", "the programs that the port mapper lists", "sunrpc", "RPC portmapper DUMP, for rpcinfo",
    (0x506F7246, RpcMessage.PortMapper, 2, RpcMessage.Dump))
{
    private const int MostPrograms = 128;

    // Names of /etc/rpc, as its registry has them (RFC 5531 section 13).
    private static readonly Dictionary<uint, string> Names = new()
    {
        [100000] = "rpcbind",
        [100001] = "rstatd",
        [100002] = "rusersd",
        [100003] = "nfs",
        [100004] = "ypserv",
        [100005] = "mountd",
        [100007] = "ypbind",
        [100011] = "rquotad",
        [100012] = "sprayd",
        [100021] = "nlockmgr",
        [100024] = "status",
        [100227] = "nfs_acl",
        [391002] = "sgi_fam",
    };

    /// <inheritdoc/>
    protected override Fact? Read(ReadOnlySpan<byte> results)
    {
        // 1, program, version, protocol, port, and so on to a 0.
        var programs = new List<(uint Program, int Protocol, uint Port, SortedSet<uint> Versions)>();
        for (var list = results; list.Length >= 20 && BinaryPrimitives.ReadUInt32BigEndian(list) == 1
            && programs.Count < MostPrograms; list = list[20..])
        {
            var (program, version) = (BinaryPrimitives.ReadUInt32BigEndian(list[4..]), BinaryPrimitives.ReadUInt32BigEndian(list[8..]));
            var (protocol, port) = (BinaryPrimitives.ReadInt32BigEndian(list[12..]), BinaryPrimitives.ReadUInt32BigEndian(list[16..]));
            var at = programs.FindIndex(known => known.Program == program && known.Protocol == protocol && known.Port == port);
            if (at < 0)
            {
                programs.Add((program, protocol, port, [version]));
            }
            else if (programs[at].Versions.Count < MostPrograms)
            {
                programs[at].Versions.Add(version);
            }
        }

        return programs.Count == 0 ? null : Describe(programs);
    }

    private Fact Describe(List<(uint Program, int Protocol, uint Port, SortedSet<uint> Versions)> programs)
    {
        var text = new StringBuilder("\n  program version    port/proto  service");
        var fields = new List<FactField>();
        foreach (var (program, protocol, port, versions) in programs.OrderBy(static known => known.Program)
            .ThenByDescending(static known => known.Protocol == 6).ThenBy(static known => known.Port))
        {
            var (name, kind) = (Names.GetValueOrDefault(program, ""),
                protocol switch { 6 => "tcp", 17 => "udp", _ => FormattableString.Invariant($"{protocol}") });
            text.Append(FormattableString.Invariant($"\n  {program,-7} {string.Join(',', versions),-8} {port,8}/{kind,-5}  {name}"));
            fields.Add(FactField.Table(null,
            [
                FactField.Of("program", program),
                FactField.List("versions", versions.Select(static version => FormattableString.Invariant($"{version}"))),
                FactField.Of("protocol", kind), FactField.Of("port", port), FactField.Of("name", name),
            ]));
        }

        return Fact.Of(Id, fields, text.ToString());
    }
}
