using System.IO.Pipelines;
using System.Net.Sockets;
using System.Reflection;
using System.Text.RegularExpressions;
using Portolan.Lab.Testing;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Libraries;

/// <summary>What the pages for users of the libraries name, those users can call.</summary>
public sealed partial class DocumentedNamesTests
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>Types of the framework whose members the pages name too.</summary>
    private static readonly Type[] Framework = [typeof(SocketError), typeof(PipeReader), typeof(PipeWriter), typeof(Stream)];

    private static readonly Type[] Types =
    [
        .. ((Assembly[])[
            typeof(NetworkStack).Assembly, typeof(PortolanHttpExtensions).Assembly, typeof(SimWorld).Assembly, typeof(TestLab).Assembly,
            typeof(TcpSegment).Assembly, typeof(Portolan.Model.PortNumber).Assembly])
        .SelectMany(a => a.GetTypes()).Where(t => !t.Name.Contains('<', StringComparison.Ordinal)),
    ];

    [Trait("Quick", "no")]
    [Theory]
    [InlineData("docs/transport.md")]
    [InlineData("docs/lab-library.md")]
    [InlineData("docs/hostile-peers.md")]
    [InlineData("docs/throughput.md")]
    [InlineData("src/Portolan.Model/README.md")]
    [InlineData("src/Portolan.Packets/README.md")]
    [InlineData("src/Portolan.Transport/README.md")]
    [InlineData("src/Portolan.Transport.AspNetCore/README.md")]
    [InlineData("src/Portolan.Transport.Testing/README.md")]
    [InlineData("src/Portolan.Lab/README.md")]
    public void A_page_names_nothing_that_only_internals_can_call(string page)
    {
        var wrong = new List<string>();
        foreach (Match match in CodeNames().Matches(File.ReadAllText(Repository.PathOf(page.Split('/')))))
        {
            var names = match.Groups[1].Value.Split('.');
            if (names[0] != "Portolan" && IsInternal(names))
            {
                wrong.Add(match.Groups[1].Value);
            }
        }

        Assert.True(wrong.Count == 0, $"{page} names what is internal: {string.Join(", ", wrong.Distinct(StringComparer.Ordinal))}");
    }

    /// <summary>Whether there is something of the name, and nothing of it that is public.</summary>
    private static bool IsInternal(string[] names)
    {
        if (names.Length > 1 && Types.Where(t => t.Name == names[^2]).ToList() is { Count: > 0 } owners)
        {
            return !owners.Exists(t => t.IsVisible)
                || !owners.Exists(t => t.GetMember(names[^1], All | BindingFlags.FlattenHierarchy).Any(IsPublic));
        }

        var types = Types.Where(t => t.Name == names[^1]).ToList();
        var members = Types.SelectMany(t => t.GetMember(names[^1], All | BindingFlags.DeclaredOnly)).ToList();
        return types.Count + members.Count > 0 && !types.Exists(t => t.IsVisible) && !members.Exists(IsPublic)
            && !Array.Exists(Framework, t => t.GetMember(names[^1]).Length > 0);
    }

    private static bool IsPublic(MemberInfo member) => member.DeclaringType is null or { IsVisible: true } && member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily,
        PropertyInfo property => property.GetAccessors().Length > 0,
        FieldInfo field => field.IsPublic,
        EventInfo happening => happening.AddMethod is { IsPublic: true },
        Type type => type.IsVisible,
        _ => false,
    };

    [GeneratedRegex("`(?:new |await )?([A-Z]\\w+(?:\\.[A-Z]\\w+)*)(?:\\([^`]*\\))?`")]
    private static partial Regex CodeNames();
}
