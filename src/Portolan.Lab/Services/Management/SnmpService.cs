using System.Text;

namespace Portolan.Lab.Services.Management;

/// <summary>An agent with the system group of MIB-2 (SNMP versions 1 and 2c: RFC 1157, RFC 3416, RFC 3418).</summary>
/// <remarks>An agent does not answer another community, as agents do: who asks learns nothing.</remarks>
internal sealed class SnmpService : IDatagramService
{
    private const byte Get = 0xa0;
    private const byte GetNext = 0xa1;
    private const byte Response = 0xa2;
    private const byte Set = 0xa3;
    private const byte GetBulk = 0xa5;
    private const int NoSuchName = 2;
    private const int NotWritable = 17;
    private const int ReadOnly = 4;
    private const int MaxBindings = 64;
    private const int MaxReply = 1400;

    // 1.3.6.1.2.1.1.N.0
    private static readonly byte[] System = [0x2b, 6, 1, 2, 1, 1];

    public string Name => "snmp";

    public string Summary => "an agent with the system group (SNMP 1 and 2c)";

    public PortNumber? UsualPort => new(161);

    public IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("community", "who may ask; by default public") { Check = SettingChecks.Line },
        new("description", "sysDescr; by default that it is a host of a lab") { Check = SettingChecks.Line },
        new("contact", "sysContact; by default nothing") { Check = SettingChecks.Line },
        new("location", "sysLocation; by default the lab's domain") { Check = SettingChecks.Line },
    ];

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        length = 0;
        if (!SnmpBer.TryRead(ref request, SnmpBer.Sequence, out var message)
            || !SnmpBer.TryReadInteger(ref message, out var version) || version is not (0 or 1)
            || !SnmpBer.TryRead(ref message, SnmpBer.OctetString, out var community)
            || !community.SequenceEqual(Encoding.UTF8.GetBytes(call.Setting("community", "public")))
            || !SnmpBer.TryRead(ref message, out var kind, out var pdu) || kind is not (Get or GetNext or Set or GetBulk)
            || (kind == GetBulk && version == 0)
            || !SnmpBer.TryReadInteger(ref pdu, out var id)
            || !SnmpBer.TryReadInteger(ref pdu, out var first) || !SnmpBer.TryReadInteger(ref pdu, out var second)
            || !SnmpBer.TryRead(ref pdu, SnmpBer.Sequence, out var bindings) || !TryReadNames(bindings, out var names))
        {
            return false;
        }

        var tree = Tree(call);
        var answers = new List<byte[]>();
        var (error, index) = kind switch
        {
            Set => (version == 0 ? ReadOnly : NotWritable, 1),
            GetBulk => Bulk(names, tree, first, second, answers),
            _ => Each(names, tree, kind == GetNext, version == 0, answers),
        };
        var list = SnmpBer.Node(SnmpBer.Sequence, error == 0 ? [.. answers.SelectMany(static a => a)] : bindings);
        var whole = SnmpBer.Node(
            SnmpBer.Sequence,
            [
                .. SnmpBer.Number(SnmpBer.Integer, version), .. SnmpBer.Node(SnmpBer.OctetString, community),
                .. SnmpBer.Node(
                    Response,
                    [
                        .. SnmpBer.Number(SnmpBer.Integer, id), .. SnmpBer.Number(SnmpBer.Integer, error),
                        .. SnmpBer.Number(SnmpBer.Integer, index), .. list,
                    ]),
            ]);
        length = whole.Length;
        return whole.AsSpan().TryCopyTo(reply);
    }

    private static bool TryReadNames(ReadOnlySpan<byte> bindings, out List<byte[]> names)
    {
        names = [];
        while (!bindings.IsEmpty)
        {
            if (names.Count >= MaxBindings || !SnmpBer.TryRead(ref bindings, SnmpBer.Sequence, out var binding)
                || !SnmpBer.TryRead(ref binding, SnmpBer.ObjectIdentifier, out var name))
            {
                return false;
            }

            names.Add(name.ToArray());
        }

        return true;
    }

    private static (int Error, int Index) Each(
        List<byte[]> names, List<(byte[] Name, byte[] Value)> tree, bool isNext, bool isFirstVersion, List<byte[]> answers)
    {
        for (var i = 0; i < names.Count; i++)
        {
            var found =
                tree.FindIndex(e => isNext ? e.Name.AsSpan().SequenceCompareTo(names[i]) > 0 : e.Name.AsSpan().SequenceEqual(names[i]));
            if (found < 0 && isFirstVersion)
            {
                return (NoSuchName, i + 1);
            }

            answers.Add(found < 0
                ? Binding(names[i], SnmpBer.Node(isNext ? SnmpBer.EndOfView : SnmpBer.NoSuchObject))
                : Binding(tree[found].Name, tree[found].Value));
        }

        return (0, 0);
    }

    // RFC 3416 section 4.2.3: the first names once, the others so many times.
    private static (int Error, int Index) Bulk(
        List<byte[]> names, List<(byte[] Name, byte[] Value)> tree, int once, int times, List<byte[]> answers)
    {
        once = Math.Clamp(once, 0, names.Count);
        Each(names[..once], tree, isNext: true, isFirstVersion: false, answers);
        var current = names[once..];
        for (var round = 0; round < times && current.Count > 0 && answers.Sum(static a => a.Length) < MaxReply; round++)
        {
            Each(current, tree, isNext: true, isFirstVersion: false, answers);
            current = [.. current.Select(n => tree.FirstOrDefault(e => e.Name.AsSpan().SequenceCompareTo(n) > 0).Name ?? n)];
        }

        return (0, 0);
    }

    private static byte[] Binding(byte[] name, byte[] value) =>
        SnmpBer.Node(SnmpBer.Sequence, [.. SnmpBer.Node(SnmpBer.ObjectIdentifier, name), .. value]);

    // sysDescr, sysObjectID, sysUpTime, sysContact, sysName, sysLocation, sysServices (RFC 3418).
    private static List<(byte[] Name, byte[] Value)> Tree(ServiceCall call)
    {
        var upTime = (uint)(long)((call.Host.Time.GetUtcNow() - call.Host.Shared.Began).TotalMilliseconds / 10);
        byte[][] values =
        [
            Text(call.Setting("description", "A host of a Portolan lab")),
            SnmpBer.Node(SnmpBer.ObjectIdentifier, [0x2b, 6, 1, 4, 1]),
            SnmpBer.Number(SnmpBer.TimeTicks, upTime),
            Text(call.Setting("contact", "")),
            Text(call.Host.Name),
            Text(call.Setting("location", call.Host.Directory.Domain)),
            SnmpBer.Number(SnmpBer.Integer, 72),
        ];
        return [.. values.Select(static (value, i) => ((byte[])[.. System, (byte)(i + 1), 0], value))];
    }

    private static byte[] Text(string text) => SnmpBer.Node(SnmpBer.OctetString, Encoding.UTF8.GetBytes(text));

    private sealed record Start(DateTimeOffset At);
}
