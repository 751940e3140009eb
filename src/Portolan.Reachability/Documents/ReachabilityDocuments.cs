using System.Text.Json.Serialization;
using Portolan.Firewall.Documents;
using Portolan.Model.Documents;
using Portolan.Sockets.Documents;

namespace Portolan.Reachability.Documents;

/// <summary>
/// How the documents of this machine are written: those of this layer and of the layers below, so that what they have in common is
/// compiled once. Give it to <see cref="JsonOutput"/>, which sets how text is quoted.
/// </summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ChartDocument))]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(ExplanationDocument))]
[JsonSerializable(typeof(HolderDocument))]
[JsonSerializable(typeof(ListedForwardRecord))]
[JsonSerializable(typeof(RegistryDocument))]
[JsonSerializable(typeof(RulesDocument))]
[JsonSerializable(typeof(SocketRecord), GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(SocketsDocument))]
[JsonSerializable(typeof(StopDocument))]
public sealed partial class ReachabilityDocuments : JsonSerializerContext;
