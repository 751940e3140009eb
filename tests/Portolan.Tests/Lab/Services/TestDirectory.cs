using Portolan.Lab.Services;
using Portolan.Model;

namespace Portolan.Tests.Lab.Services;

/// <summary>Names of a test.</summary>
internal sealed class TestDirectory : ILabDirectory
{
    internal List<(string Name, InternetAddress Address)> Names { get; } = [];

    internal List<(string Name, string Service)> Offers { get; } = [];

    public string Domain => "test.lab";

    public IEnumerable<(string Name, InternetAddress Address)> All => Names;

    public IReadOnlyList<InternetAddress> Find(string name)
    {
        var own = name.EndsWith("." + Domain, StringComparison.OrdinalIgnoreCase) ? name[..^(Domain.Length + 1)] : name;
        return [.. Names.Where(n => n.Name.Equals(own, StringComparison.OrdinalIgnoreCase)).Select(n => n.Address)];
    }

    public string? NameOf(InternetAddress address) => Names.Where(n => n.Address == address).Select(n => n.Name).FirstOrDefault();

    public IEnumerable<string> HostsWith(string service) => Offers.Where(o => o.Service == service).Select(o => o.Name).Distinct();
}
