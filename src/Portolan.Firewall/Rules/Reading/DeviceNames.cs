namespace Portolan.Firewall.Rules.Reading;

/// <summary>Lists of interfaces (NFTA_DEVICE_*).</summary>
internal static class DeviceNames
{
    private const int Name = 1;

    /// <summary>NFTA_DEVICE_PREFIX, since Linux 6.16.</summary>
    private const int Prefix = 2;

    /// <summary>The names; those with <c>*</c> at the end mean all interfaces that start so.</summary>
    internal static IReadOnlyList<string> Read(ReadOnlyMemory<byte> list, NamePool names)
    {
        List<string>? devices = null;
        var walk = new AttributeWalk(list);
        while (walk.MoveNext())
        {
            if (walk.Type is Name or Prefix)
            {
                var name = names.Get(walk.Value.Span);
                (devices ??= []).Add(walk.Type == Prefix ? name + '*' : name);
            }
        }

        return devices ?? (IReadOnlyList<string>)[];
    }
}
