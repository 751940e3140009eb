using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;

namespace Portolan.Tests.Model;

/// <summary>Arbitrary sets for properties: empty, full, single ports, the edges of words, and many ranges.</summary>
internal static class PortSets
{
    private static readonly Gen<int> Port = Gen.OneOf(
        Gen.Choose(0, 65535),
        Gen.Choose(0, 3),
        Gen.Choose(65532, 65535),
        Gen.Choose(0, 1023).Select(word => word * 64),
        Gen.Choose(0, 1023).Select(word => (word * 64) + 63));

    private static readonly Gen<PortRange> Range =
        from a in Port
        from b in Gen.OneOf(Port, Gen.Constant(a), Gen.Choose(0, 70).Select(more => Math.Min(a + more, 65535)))
        select new PortRange(new PortNumber((ushort)Math.Min(a, b)), new PortNumber((ushort)Math.Max(a, b)));

    public static Arbitrary<PortNumber> Ports { get; } = Port.Select(port => new PortNumber((ushort)port)).ToArbitrary();

    public static Arbitrary<PortSet> Sets { get; } = Gen.Sized(size => Range.ListOf(Math.Min(size, 30))).Select(ranges =>
    {
        var set = new PortSet();
        foreach (var range in ranges)
        {
            // Now and then the rest, so that dense sets come up as often as sparse ones.
            if (range.Count == 3)
            {
                set = ~set;
            }

            set.Add(range);
        }

        return set;
    }).ToArbitrary();

    public static bool[] Members(PortSet set)
    {
        var members = new bool[PortNumber.Count];
        foreach (var port in set)
        {
            members[port.Value] = true;
        }

        return members;
    }
}
