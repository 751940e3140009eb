using System.Runtime.InteropServices;
using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Linux.Netfilter;
using Portolan.Linux.Proc;

namespace Portolan.Firewall.Legacy;

/// <summary>Reads the tables of iptables-legacy and ip6tables-legacy, which nft does not show.</summary>
/// <remarks>
/// Only tables that the kernel names: to ask about another would make it and register its hooks. What cannot be read or is not understood
/// is added to what is missing.
/// </remarks>
internal static class LegacyTableReader
{
    private const int MaximumAttempts = 5;
    private const int InfoSizeField = LegacyLayout.InfoSize - sizeof(uint);

    /// <summary>So large is not a table: the kernel itself refuses more.</summary>
    private const uint LargestTable = 512 * 1024 * 1024;

    /// <summary>Reads the tables of both families.</summary>
    internal static List<RuleTable> Read(ILegacyTableSource source, List<MissingFact> missing, CancellationToken cancellationToken)
    {
        var tables = new List<RuleTable>();
        Read(source, LegacyTableKind.Ip, LegacyLayout.IPv4, tables, missing, cancellationToken);
        Read(source, LegacyTableKind.Ip6, LegacyLayout.IPv6, tables, missing, cancellationToken);
        if (source.ReadNames(LegacyTableKind.Arp, out var names) == 0 && names.Count > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.ArpTables, "the tables of arptables-legacy", "Portolan does not read them; they only affect ARP")
            {
                IsNarrow = true,
            });
        }

        return tables;
    }

    private static void Read(
        ILegacyTableSource source,
        LegacyTableKind kind,
        LegacyLayout layout,
        List<RuleTable> tables,
        List<MissingFact> missing,
        CancellationToken cancellationToken)
    {
        var program = kind == LegacyTableKind.Ip ? "iptables-legacy" : "ip6tables-legacy";
        var errno = source.ReadNames(kind, out var names);
        if (errno != 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.LegacyTablesUnlisted, $"the tables of {program}", WhyNamesAreMissing(errno)));
        }

        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var what = $"the table {name} of {program}";
            errno = ReadTable(source, kind, name, out var info, out var entries);
            if (errno != 0)
            {
                missing.Add(new MissingFact(
                    MissingFactCode.LegacyTableUnread, what, new LinuxException(errno, "read it").Message));
            }
            else if (new LegacyTableDecoder(layout, name).Decode(info, entries) is { } table)
            {
                tables.Add(table);
            }
            else
            {
                missing.Add(new MissingFact(
                    MissingFactCode.LegacyTableNotUnderstood, what, "the kernel's answer has an unknown format"));
            }
        }
    }

    /// <summary>
    /// The file of names belongs to root: that of the namespace's user namespace, or of the machine where that had no root yet when the
    /// namespace was made.
    /// </summary>
    private static string WhyNamesAreMissing(int errno) => errno == Errno.AccessDenied
        ? EffectiveUser.Id == 0
            ? "the kernel shows their names only to the machine's own root, not to root in a user namespace: run it with sudo"
            : "reading their names from root's file requires CAP_DAC_READ_SEARCH: run it with sudo"
        : new LinuxException(errno, "read their names").Message;

    /// <summary>Asks for the size, then for as much; the table may change between the two.</summary>
    private static int ReadTable(
        ILegacyTableSource source, LegacyTableKind kind, string name, out byte[] info, out ReadOnlyMemory<byte> entries)
    {
        entries = default;
        for (var attempt = 1; ; attempt++)
        {
            info = new byte[LegacyLayout.InfoSize];
            if (!Encoding.UTF8.TryGetBytes(name, info.AsSpan(0, LegacyLayout.TableNameSize - 1), out _))
            {
                return Errno.InvalidArgument;
            }

            var question = info.AsSpan(0, LegacyLayout.TableNameSize).ToArray();
            var errno = source.Read(kind, LegacyTableQuestion.Info, info);
            if (errno != 0)
            {
                return errno;
            }

            var size = MemoryMarshal.Read<uint>(info.AsSpan(InfoSizeField));
            if (size > LargestTable)
            {
                return Errno.InvalidArgument;
            }

            var answer = new byte[LegacyLayout.EntriesHeaderSize + (int)size];
            question.CopyTo(answer, 0);
            MemoryMarshal.Write(answer.AsSpan(LegacyLayout.TableNameSize), size);
            errno = source.Read(kind, LegacyTableQuestion.Entries, answer);
            if (errno == 0)
            {
                entries = answer.AsMemory(LegacyLayout.EntriesHeaderSize);
                return 0;
            }

            if (errno != Errno.Again || attempt == MaximumAttempts)
            {
                return errno;
            }
        }
    }
}
