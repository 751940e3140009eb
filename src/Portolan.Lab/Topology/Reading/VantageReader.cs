namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads where the command stands: a network, addresses, or both.</summary>
internal static class VantageReader
{
    private const string Owner = "the vantage";

    /// <summary>
    /// Reads it, and keeps its addresses free; <c>null</c> when nothing is said, with an address of the first network kept free.
    /// </summary>
    public static VantageSpec? Read(MapReader top, NetworkIndex networks, AddressLedger ledger, FaultList faults)
    {
        if (top.Node("vantage") is not { } node)
        {
            if (ledger.Reserve(networks.All[0]) is (null, null))
            {
                faults.Error(
                    top.Map, $"the network {FaultList.Quote(networks.All[0].Name)} has no address left for the command",
                    $"name a free address with vantage, or shorten a range of hosts");
            }

            return null;
        }

        TreeScalar? name = null;
        TreeNode? addresses = null;
        if (node is TreeMap)
        {
            if (MapReader.Open(node, Owner, faults, "network", "address") is not { } reader)
            {
                return null;
            }

            (name, addresses) = (reader.Scalar("network"), reader.Node("address"));
        }
        else if (node is TreeScalar { IsNull: false } scalar && scalar.Text.AsSpan().IndexOfAny('.', ':') < 0)
        {
            // A name has neither; an address has one of them.
            name = scalar;
        }
        else
        {
            addresses = node;
        }

        return ReadPlace(node, name, addresses, networks, ledger, faults);
    }

    private static VantageSpec? ReadPlace(
        TreeNode node, TreeScalar? name, TreeNode? addresses, NetworkIndex networks, AddressLedger ledger, FaultList faults)
    {
        NetworkSpec? network = null;
        if (name is not null && !networks.TryFind(name.Text, out network))
        {
            faults.Unknown(name, "no network is named", name.Text, networks.Names);
            return null;
        }

        if (network is null && addresses is not null
            && MapReader.OneOrMore(addresses, Owner, faults).FirstOrDefault() is { } first
            && AddressReader.Read(first, first.Text, faults) is { } address)
        {
            network = networks.Of(address);
            if (network is null)
            {
                faults.Error(first, $"{address} is in no network", $"add a network that has it to networks");
                return null;
            }
        }

        if (network is null)
        {
            faults.Error(node, "the vantage is nowhere", $"write vantage: {{ network: office, address: 198.18.0.250 }}");
            return null;
        }

        var (ipv4, ipv6) = addresses is null
            ? ledger.Reserve(network)
            : RouterReader.ReadPair(addresses, "the vantage's address", Owner, network, faults, ledger);
        if (addresses is null && ipv4 is null && ipv6 is null)
        {
            faults.Error(node, $"the network {FaultList.Quote(network.Name)} has no address left", $"shorten a range of hosts");
        }

        return new VantageSpec(network.Name, ipv4, ipv6);
    }
}
